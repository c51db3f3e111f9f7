//! The functions of the night over the embedded cloud, with a clock that stands still.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::ids::BrandId;
use jiff::Timestamp;
use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use platform::aws::Queue;
use platform::config::Config;
use platform::jobs::{Job, JobInput};
use platform::lambda::{SqsEvent, StreamEvent, invoke_queue, invoke_stream};
use platform::store::{Brand, Charges, Dunning, Servicing, create_table};
use platform::{Clients, Deps};
use tokio::sync::watch;

use crate::cloud::poller::{QueueHandler, QueueSource, StreamHandler};
use crate::cloud::{ACCOUNT, BoxError, Cloud, CloudConfig, Ports};

const TABLE: &str = "parcela";
const BUCKET: &str = "parcela";
const CALL_TIMEOUT: Duration = Duration::from_secs(120);
const BATCH_MESSAGES: u8 = 1;
const CONCURRENT_CALLS: u8 = 4;

/// Any failure of a measurement.
pub type StageError = BoxError;

/// A clock that stands still until it is moved.
#[derive(Debug)]
pub struct StillClock {
    now: Mutex<Timestamp>,
    moved: watch::Sender<()>,
}

impl StillClock {
    fn at(now: Timestamp) -> Arc<Self> {
        Arc::new(Self { now: Mutex::new(now), moved: watch::Sender::new(()) })
    }

    /// Moves it to an instant.
    pub fn set(&self, now: Timestamp) {
        *self.now.lock().unwrap_or_else(PoisonError::into_inner) = now;
        self.moved.send_replace(());
    }

    fn read(&self) -> Timestamp {
        *self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl platform::clock::Clock for StillClock {
    fn now(&self) -> Timestamp {
        self.read()
    }

    fn wall(&self) -> Timestamp {
        self.read()
    }
}

impl crate::cloud::Clock for StillClock {
    fn business_now(&self) -> Timestamp {
        self.read()
    }

    fn changed(&self) -> watch::Receiver<()> {
        self.moved.subscribe()
    }
}

/// The embedded cloud with the night's functions behind its stream and queues.
#[derive(Debug)]
pub struct Stage {
    pub deps: Deps,
    pub clock: Arc<StillClock>,
    pub cloud: Cloud,
}

impl Stage {
    /// Starts in a folder; nothing reads the stream and the queues before [`Self::listen`].
    ///
    /// # Errors
    /// Where the embedded cloud does not start.
    pub async fn start(data_dir: PathBuf) -> Result<Self, StageError> {
        let clock = StillClock::at(instant(date(2026, 1, 1))?);
        let config = CloudConfig { data_dir, ports: Ports::default(), clock: clock.clone() };
        let cloud = Cloud::start(config).await?;
        let deps = connect(&cloud, clock.clone())?;
        create_table(&deps.table).await?;
        let sqs = cloud.endpoints().sqs_client();
        for queue in Queue::ALL {
            sqs.create_queue().queue_name(queue_name(queue)).send().await?;
        }
        cloud.endpoints().s3_client().create_bucket().bucket(BUCKET).send().await?;
        Ok(Self { deps, clock, cloud })
    }

    /// Puts the functions behind the stream and the queues.
    pub fn listen(&self) {
        let deps = self.deps.clone();
        let outbox: StreamHandler = Arc::new(move |event: StreamEvent| {
            let deps = deps.clone();
            Box::pin(async move {
                let answer =
                    invoke_stream(&workers::outbox::handle, &deps, event, CALL_TIMEOUT).await;
                if answer.batch_item_failures.is_empty() {
                    Ok(())
                } else {
                    Err("a record of the stream failed".into())
                }
            })
        });
        self.cloud.poller().read_stream(TABLE, outbox);
        let deps = self.deps.clone();
        let accrual: QueueHandler = Arc::new(move |event: SqsEvent| {
            let deps = deps.clone();
            Box::pin(async move {
                Ok(invoke_queue(&workers::accrual::handle, &deps, event, CALL_TIMEOUT).await)
            })
        });
        self.cloud.poller().read_queue(&source(Queue::Accrual), &accrual);
        let deps = self.deps.clone();
        let audit: QueueHandler = Arc::new(move |event: SqsEvent| {
            let deps = deps.clone();
            Box::pin(async move {
                Ok(invoke_queue(&workers::audit::handle, &deps, event, CALL_TIMEOUT).await)
            })
        });
        self.cloud.poller().read_queue(&source(Queue::Audit), &audit);
    }

    /// A stored brand: 2 % late fee, 1 % mora a month, no messages.
    ///
    /// # Errors
    /// Where the table does not answer.
    pub async fn brand(&self, shards: u16) -> Result<Brand, StageError> {
        let id = BrandId::new(self.deps.ulid());
        let mut brand = lender(id, shards)?;
        self.deps.brands.save(&mut brand).await?;
        Ok(brand)
    }

    /// Moves the clock to a date's morning.
    ///
    /// # Errors
    /// Outside the calendar's range.
    pub fn set_date(&self, date: Date) -> Result<(), StageError> {
        self.clock.set(instant(date)?);
        Ok(())
    }

    /// Fires a job as the scheduler does, and waits until all that came of it is done.
    ///
    /// # Errors
    /// The job's own.
    pub async fn fire(&self, brand: &Brand, job: Job, date: Date) -> Result<(), StageError> {
        self.plan(brand, job, date).await?;
        self.cloud.poller().settled().await;
        Ok(())
    }

    /// Fires a job without waiting.
    ///
    /// # Errors
    /// The job's own.
    pub async fn plan(&self, brand: &Brand, job: Job, date: Date) -> Result<(), StageError> {
        let input = JobInput { scheduled_time: Some(instant(date)?), ..input(brand) };
        match job {
            Job::OffersExpire => jobs::offers_expire::handle(self.deps.clone(), input).await?,
            Job::Overdue => jobs::overdue::handle(self.deps.clone(), input).await?,
            Job::Mora => jobs::mora::handle(self.deps.clone(), input).await?,
            Job::ChargeMessages => jobs::charge_messages::handle(self.deps.clone(), input).await?,
        };
        Ok(())
    }

    /// A whole night: both jobs of a date, in their order.
    ///
    /// # Errors
    /// The jobs' own.
    pub async fn night(&self, brand: &Brand, date: Date) -> Result<(), StageError> {
        self.set_date(date)?;
        self.fire(brand, Job::Overdue, date).await?;
        self.fire(brand, Job::Mora, date).await
    }
}

/// A brand that is not stored: 2 % late fee, 1 % mora a month, no messages.
///
/// # Errors
/// None that is seen: the rates are ours.
pub fn lender(id: BrandId, shards: u16) -> Result<Brand, StageError> {
    Ok(Brand {
        id,
        version: 0,
        name: "Lender".to_owned(),
        country: "BR".to_owned(),
        timezone: TimeZone::UTC,
        currency: domain::money::Currency::BRL,
        locale: "pt-BR".to_owned(),
        shards,
        charges: Charges { late_fee: "2".parse()?, mora_monthly: "1".parse()? },
        dunning: Dunning { enabled: false, instance: String::new(), pause_millis: (0, 0) },
        payments_need_approval: false,
        servicing: Servicing::default(),
        rate_limit_per_minute: 100,
        origins: Vec::new(),
        non_repayment_dates: Vec::new(),
        due_dates_move: false,
        unavailability_dates: Vec::new(),
        idle_after_minutes: Brand::IDLE_AFTER_DEFAULT_MINUTES,
    })
}

/// The input of a job that nothing more is said of.
pub fn input(brand: &Brand) -> JobInput {
    JobInput {
        brand_id: brand.id,
        business_date: None,
        scheduled_time: None,
        dry_run: false,
        reason: None,
        started_by: None,
    }
}

/// Five in the morning of a date, UTC.
fn instant(date: Date) -> Result<Timestamp, StageError> {
    Ok(date.at(5, 0, 0, 0).to_zoned(TimeZone::UTC)?.timestamp())
}

fn queue_name(queue: Queue) -> String {
    format!("parcela-{queue}")
}

fn source(queue: Queue) -> QueueSource {
    QueueSource {
        queue: queue_name(queue),
        batch_size: BATCH_MESSAGES,
        concurrency: CONCURRENT_CALLS,
        timeout: CALL_TIMEOUT,
    }
}

fn connect(cloud: &Cloud, clock: Arc<StillClock>) -> Result<Deps, StageError> {
    let endpoints = cloud.endpoints();
    let variable = |name: &str| match name {
        "TABLE_NAME" => Some(TABLE.to_owned()),
        "BUCKET_NAME" => Some(BUCKET.to_owned()),
        // Nothing is signed here; the configuration asks for keys of 32 bytes.
        "TOKEN_KEY" | "CURSOR_KEY" | "LOOKUP_KEY" | "DATA_KEY" => Some(format!("{name:-<40}")),
        _ => {
            let queue = Queue::ALL.into_iter().find(|queue| queue.variable() == name)?;
            Some(format!("{}/{ACCOUNT}/{}", endpoints.sqs, queue_name(queue)))
        }
    };
    let config = Config::from_env(&variable)?;
    let clients = Clients {
        dynamodb: endpoints.dynamodb_client(),
        s3: endpoints.s3_client(),
        sqs: endpoints.sqs_client(),
        scheduler: endpoints.scheduler_client(),
        kms: None,
    };
    Ok(Deps::with_clients(config, clients, clock))
}
