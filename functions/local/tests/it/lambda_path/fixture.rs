//! A deployment: the embedded cloud with its resources, and the brand of the files in `events/`.

use std::sync::Arc;

use domain::ids::BrandId;
use domain::money::{Currency, Percent};
use jiff::Timestamp;
use jiff::civil::time;
use jiff::tz::{Offset, TimeZone};
use local::cloud::{ACCOUNT, Clock, Cloud, CloudConfig, Ports, REGION};
use platform::aws::Queue;
use platform::clock::SystemClock;
use platform::config::Config;
use platform::store::{Brand, Brands, Charges, Dunning, Table, create_table};
use platform::{Clients, Deps};
use tempfile::TempDir;
use tokio::sync::watch;

pub const BRAND: &str = "brand_01JGZ3B5C7D9E1F3G5H7J9K1M3";
pub const INSTANCE: &str = "parcela-invented";
pub const SHARDS: u16 = 4;
pub const TOKEN_KEY: &str = "an-invented-token-key-of-40-bytes-aaaaaa";
pub const LOOKUP_KEY: &str = "an-invented-lookup-key-of-40-bytes-aaaaa";
const DATA_KEY: &str = "an-invented-data-key-of-40-bytes-aaaaaaa";
const TABLE: &str = "parcela";
const BUCKET: &str = "parcela";

struct MachineClock(watch::Sender<()>);

impl Clock for MachineClock {
    fn business_now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn changed(&self) -> watch::Receiver<()> {
        self.0.subscribe()
    }
}

pub struct Deployment {
    pub cloud: Cloud,
    pub table: Table,
    _folder: TempDir,
}

impl Deployment {
    pub async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let cloud = Cloud::start(CloudConfig {
            data_dir: folder.path().to_owned(),
            ports: Ports::default(),
            clock: Arc::new(MachineClock(watch::Sender::new(()))),
        })
        .await
        .unwrap();
        let endpoints = cloud.endpoints();
        let table = Table::new(endpoints.dynamodb_client(), TABLE);
        create_table(&table).await.unwrap();
        endpoints.s3_client().create_bucket().bucket(BUCKET).send().await.unwrap();
        let scheduler = endpoints.scheduler_client();
        scheduler.create_schedule_group().name(TABLE).send().await.unwrap();
        for queue in Queue::ALL {
            endpoints.sqs_client().create_queue().queue_name(queue.name()).send().await.unwrap();
        }
        Brands::new(table.clone()).save(&mut brand()).await.unwrap();
        Self { cloud, table, _folder: folder }
    }

    /// What a deployment sets for every function.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        let mut environment = self.cloud.endpoints().environment();
        environment.extend([
            ("TABLE_NAME", TABLE.to_owned()),
            ("BUCKET_NAME", BUCKET.to_owned()),
            ("TOKEN_KEY", TOKEN_KEY.to_owned()),
            ("CURSOR_KEY", "an-invented-cursor-key-of-40-bytes-aaaaa".to_owned()),
            ("LOOKUP_KEY", LOOKUP_KEY.to_owned()),
            ("SCHEDULE_GROUP", TABLE.to_owned()),
            ("SCHEDULE_ROLE_ARN", format!("arn:aws:iam::{ACCOUNT}:role/parcela-scheduler")),
            ("JOB_ARN", format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:{{job}}")),
            ("DATA_KEY", DATA_KEY.to_owned()),
        ]);
        environment.extend(Queue::ALL.map(|queue| (queue.variable(), self.queue_url(queue))));
        environment
    }

    /// What a function of this deployment works with.
    pub fn deps(&self) -> Deps {
        let environment = self.environment();
        let variable = |name: &str| {
            let set = environment.iter().find(|(known, _)| *known == name);
            set.map(|(_, value)| value.clone())
        };
        let endpoints = self.cloud.endpoints();
        let clients = Clients {
            dynamodb: endpoints.dynamodb_client(),
            s3: endpoints.s3_client(),
            sqs: endpoints.sqs_client(),
            scheduler: endpoints.scheduler_client(),
            kms: None,
        };
        Deps::with_clients(Config::from_env(&variable).unwrap(), clients, Arc::new(SystemClock))
    }

    pub fn queue_url(&self, queue: Queue) -> String {
        format!("{}/{ACCOUNT}/{queue}", self.cloud.endpoints().sqs)
    }
}

pub fn brand_id() -> BrandId {
    BRAND.parse().unwrap()
}

/// A brand where it is about noon now: the functions go by the machine's clock, and borrowers are
/// written to by day only.
fn brand() -> Brand {
    let utc = Timestamp::now().to_zoned(TimeZone::UTC);
    let noon = i32::from(time(12, 0, 0, 0).hour());
    let hours = noon - i32::from(utc.hour());
    // POSIX's sign is the other way round: Etc/GMT+3 is three hours behind Greenwich.
    let name = if hours >= 0 { format!("Etc/GMT-{hours}") } else { format!("Etc/GMT+{}", -hours) };
    let timezone = TimeZone::get(&name).unwrap();
    assert_eq!(timezone.to_offset(utc.timestamp()), Offset::from_seconds(hours * 3_600).unwrap());
    Brand {
        id: brand_id(),
        version: 0,
        name: "Lender".to_owned(),
        country: "BR".to_owned(),
        timezone,
        currency: Currency::BRL,
        locale: "pt-BR".to_owned(),
        shards: SHARDS,
        charges: Charges { late_fee: Percent::ZERO, mora_monthly: Percent::ZERO },
        dunning: Dunning {
            enabled: true,
            instance: INSTANCE.to_owned(),
            pause_millis: (5_000, 15_000),
        },
        payments_need_approval: false,
        servicing: Default::default(),
        rate_limit_per_minute: 600,
        origins: Vec::new(),
        non_repayment_dates: Vec::new(),
        due_dates_move: false,
        unavailability_dates: Vec::new(),
        idle_after_minutes: Brand::IDLE_AFTER_DEFAULT_MINUTES,
    }
}
