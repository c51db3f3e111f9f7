//! What a function works with, wired once at its start.

use std::sync::Arc;

use aws_config::SdkConfig;
use connectors::whatsapp::WhatsApp;
use jiff::Timestamp;
use jiff::civil::Date;
use ulid::Ulid;

use crate::aws::{Bucket, Kms, Queues, Schedules};
use crate::clock::{Clock, business_date};
use crate::config::Config;
use crate::pii::{KeyWrapper, LocalKeys, NoKeys, Pii};
use crate::store::{Brand, Brands, Revocations, Table};
use crate::whatsapp::LazyEvolution;

/// The SDK's own variable for an S3 that is not AWS's.
const S3_ENDPOINT: &str = "AWS_ENDPOINT_URL_S3";

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
    pub pii: Pii,
}

/// The SDK's clients, each with its own endpoint.
#[derive(Debug, Clone)]
pub struct Clients {
    pub dynamodb: aws_sdk_dynamodb::Client,
    /// Path-style where the endpoint is not AWS's.
    pub s3: aws_sdk_s3::Client,
    pub sqs: aws_sdk_sqs::Client,
    pub scheduler: aws_sdk_scheduler::Client,
    /// `None` where the configuration names no KMS key.
    pub kms: Option<aws_sdk_kms::Client>,
}

impl Deps {
    /// Wires a function by its configuration and the SDK's (region, credentials, endpoints). No
    /// call is made here.
    pub fn connect(config: Config, sdk: &SdkConfig, clock: Arc<dyn Clock>) -> Self {
        // AWS names the bucket in the host; a server on one machine cannot.
        let own_server = sdk.endpoint_url().is_some() || std::env::var_os(S3_ENDPOINT).is_some();
        let s3 = aws_sdk_s3::config::Builder::from(sdk).force_path_style(own_server).build();
        let clients = Clients {
            dynamodb: aws_sdk_dynamodb::Client::new(sdk),
            s3: aws_sdk_s3::Client::from_conf(s3),
            sqs: aws_sdk_sqs::Client::new(sdk),
            scheduler: aws_sdk_scheduler::Client::new(sdk),
            kms: config.kms_key_id.is_some().then(|| aws_sdk_kms::Client::new(sdk)),
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
            pii: Pii::new(key_wrapper(&config, clients.kms)),
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

/// The key service that the configuration names. One that cannot be used says so when it is used:
/// most functions touch no personal data.
fn key_wrapper(config: &Config, kms: Option<aws_sdk_kms::Client>) -> Arc<dyn KeyWrapper> {
    if let (Some(key_id), Some(kms)) = (&config.kms_key_id, kms) {
        return Arc::new(Kms::new(kms, key_id.as_str()));
    }
    match config.data_key.as_ref().map(LocalKeys::new) {
        Some(Ok(keys)) => Arc::new(keys),
        Some(Err(_)) | None => Arc::new(NoKeys),
    }
}
