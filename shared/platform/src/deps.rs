//! What a function works with, wired once at its start.

use std::sync::Arc;

use aws_types::SdkConfig;
use connectors::whatsapp::WhatsApp;
use jiff::Timestamp;
use jiff::civil::Date;
use ulid::Ulid;

use crate::aws::{Bucket, Lazy, Queues, Schedules};
use crate::clock::{Clock, business_date};
use crate::config::Config;
use crate::store::{Brand, Brands, Revocations, Table};
use crate::whatsapp::LazyEvolution;

/// The dependencies of every function, cheap to clone.
#[derive(Debug, Clone)]
pub struct Deps {
    pub config: Arc<Config>,
    pub clock: Arc<dyn Clock>,
    pub table: Table,
    pub brands: Brands,
    pub revocations: Revocations,
    pub queues: Queues,
    pub bucket: Bucket,
    pub schedules: Schedules,
    pub whatsapp: Arc<dyn WhatsApp>,
}

/// The SDK's clients, each with its own endpoint.
#[derive(Debug, Clone)]
pub struct Clients {
    pub dynamodb: Lazy<aws_sdk_dynamodb::Client>,
    /// Path-style where the endpoint is not AWS's.
    pub s3: Lazy<aws_sdk_s3::Client>,
    pub sqs: Lazy<aws_sdk_sqs::Client>,
    pub scheduler: Lazy<aws_sdk_scheduler::Client>,
}

impl Deps {
    /// Wires a function by its configuration and the SDK's (region, credentials, endpoints). No
    /// call is made here, and each client is made when it is first used.
    pub fn connect(config: Config, sdk: &SdkConfig, clock: Arc<dyn Clock>) -> Self {
        let clients = Clients {
            dynamodb: Lazy::new(sdk),
            s3: Lazy::new(sdk),
            sqs: Lazy::new(sdk),
            scheduler: Lazy::new(sdk),
        };
        Self::with_clients(config, clients, clock)
    }

    /// Wires a function by clients that were made elsewhere.
    pub fn with_clients(config: Config, clients: Clients, clock: Arc<dyn Clock>) -> Self {
        let table = Table::new(clients.dynamodb, config.table.as_str());
        Self {
            clock,
            brands: Brands::new(table.clone()),
            revocations: Revocations::new(table.clone()),
            table,
            queues: Queues::new(clients.sqs, config.queues.clone()),
            bucket: Bucket::new(clients.s3, config.bucket.as_str()),
            schedules: Schedules::new(
                clients.scheduler,
                config.schedule_group.as_str(),
                config.schedule_role_arn.as_str(),
            ),
            whatsapp: Arc::new(LazyEvolution::default()),
            config: Arc::new(config),
        }
    }

    /// The business clock's instant.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Today in the brand's timezone.
    pub fn today(&self, brand: &Brand) -> Date {
        business_date(self.now(), &brand.timezone)
    }

    /// A number of the range, each as likely as the others.
    pub fn random(&self, range: std::ops::RangeInclusive<u64>) -> u64 {
        rand::random_range(range)
    }

    /// A new unique id, ordered by the business clock.
    pub fn ulid(&self) -> Ulid {
        let millis = u64::try_from(self.now().as_millisecond()).unwrap_or(0);
        Ulid::from_parts(millis, rand::random())
    }
}
