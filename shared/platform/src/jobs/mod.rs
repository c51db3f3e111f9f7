//! The daily jobs: their names, their schedules, their input, and the messages of their shards.

pub mod charge_messages;
mod lines;
pub mod mora;
pub mod offers_expire;
pub mod overdue;
mod scan;
pub mod state;

use std::fmt;
use std::str::FromStr;

use domain::ids::BrandId;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::Deps;
use crate::aws::{Queue, QueueError};
use crate::clock::business_date;
use crate::store::{Brand, Run, StoreError};
use crate::telemetry::{self, Measure, Unit};

/// A job over all the loans of a brand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Job {
    /// The end of offers whose last date has passed.
    OffersExpire,
    /// Late fee and status of the invoices that became overdue.
    Overdue,
    /// The night's mora, in the brand's aggregates.
    Mora,
    /// One message per loan with something due or overdue.
    ChargeMessages,
}

impl Job {
    pub const ALL: [Self; 4] =
        [Self::OffersExpire, Self::Overdue, Self::Mora, Self::ChargeMessages];

    pub const fn name(self) -> &'static str {
        match self {
            Self::OffersExpire => "offers-expire",
            Self::Overdue => "overdue",
            Self::Mora => "mora",
            Self::ChargeMessages => "charge-messages",
        }
    }

    /// The Lambda function that plans it.
    pub const fn function(self) -> &'static str {
        match self {
            Self::OffersExpire => "job-offers-expire",
            Self::Overdue => "job-overdue",
            Self::Mora => "job-mora",
            Self::ChargeMessages => "job-charge-messages",
        }
    }

    /// When it fires, in the brand's timezone (EventBridge Scheduler's cron).
    pub const fn schedule(self) -> &'static str {
        match self {
            Self::OffersExpire => "cron(10 0 * * ? *)",
            Self::Overdue => "cron(0 5 * * ? *)",
            Self::Mora => "cron(1 5 * * ? *)",
            Self::ChargeMessages => "cron(0 6 ? * MON-FRI *)",
        }
    }
}

impl fmt::Display for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be one of offers-expire, overdue, mora, charge-messages")]
pub struct UnknownJob;

impl FromStr for Job {
    type Err = UnknownJob;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let name = name.strip_prefix("job-").unwrap_or(name);
        Self::ALL.into_iter().find(|job| job.name() == name).ok_or(UnknownJob)
    }
}

/// What a job is invoked with, by the scheduler or by hand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct JobInput {
    pub brand_id: BrandId,
    /// The day to do; where it is absent, the day of the scheduled time in the brand's timezone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub business_date: Option<Date>,
    /// When the scheduler meant to fire.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scheduled_time: Option<Timestamp>,
    /// Only say what would change.
    #[serde(default)]
    pub dry_run: bool,
    /// Why it is run by hand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Who runs it by hand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_by: Option<String>,
}

impl JobInput {
    /// Whether a person runs it, and waits for the answer.
    pub const fn is_by_hand(&self) -> bool {
        self.started_by.is_some()
    }
}

/// One shard of a run, as a message to the workers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ShardMessage {
    pub brand_id: BrandId,
    pub job: Job,
    pub date: Date,
    pub shard: u16,
}

impl ShardMessage {
    /// The messages of all the shards of a run.
    pub fn of_run(run: &Run) -> Vec<Self> {
        let &Run { brand: brand_id, job, date, shards, .. } = run;
        (0..shards).map(|shard| Self { brand_id, job, date, shard }).collect()
    }
}

#[derive(Debug, thiserror::Error)]
pub enum JobError {
    #[error("there is no brand {0}")]
    NoBrand(BrandId),
    #[error("businessDate must not be later than today, {today}")]
    InTheFuture { today: Date },
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Queue(#[from] QueueError),
}

/// What a shard counted, by name, for the record of its run.
pub type Counts = std::collections::BTreeMap<&'static str, u64>;

#[derive(Debug, thiserror::Error)]
pub enum ShardError {
    #[error(transparent)]
    Job(#[from] JobError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the lines of the night were not kept: {0}")]
    Bucket(#[from] crate::aws::BucketError),
    #[error("the lines of the night could not be written: {0}")]
    Lines(#[from] serde_json::Error),
    /// The index may be behind the table for moments; past that it is a defect to look into.
    #[error("shard {shard} adds up to other figures than its overdue loans: {figures}")]
    Drift { shard: u16, figures: String },
}

/// The brand and the business date of an invocation.
pub async fn resolve(
    deps: &Deps,
    input: &JobInput,
) -> Result<(std::sync::Arc<Brand>, Date), JobError> {
    let brand = deps.brands.get(input.brand_id).await?.ok_or(JobError::NoBrand(input.brand_id))?;
    let today = deps.today(&brand);
    let scheduled = input.scheduled_time.map(|time| business_date(time, &brand.timezone));
    let date = input.business_date.or(scheduled).unwrap_or(today);
    if date > today {
        return Err(JobError::InTheFuture { today });
    }
    Ok((brand, date))
}

/// Records the run, where it is the first for its date.
///
/// The shards of a new run are sent to the workers from the table's stream, so that they are not
/// lost with this call. Where the run is there already they are sent from here, again: workers find
/// what is left to do, or nothing.
///
/// # Errors
/// [`JobError::InTheFuture`] for a date after today in the brand's timezone.
pub async fn plan(deps: &Deps, job: Job, input: &JobInput) -> Result<Run, JobError> {
    let (brand, date) = resolve(deps, input).await?;
    if let Some(run) = Run::load(&deps.table, brand.id, job, date).await? {
        return resend(deps, run).await;
    }
    let started_by = input.started_by.clone().unwrap_or_else(|| "schedule".to_owned());
    let mut run =
        Run::new(brand.id, job, date, brand.shards, deps.now(), started_by, input.reason.clone());
    run.scheduled_at = input.scheduled_time;
    match deps.table.create(&run).await {
        Ok(()) => Ok(run),
        Err(error) if error.is_conflict() => resend(deps, run).await,
        Err(error) => Err(error.into()),
    }
}

async fn resend(deps: &Deps, run: Run) -> Result<Run, JobError> {
    deps.queues.send_all(Queue::Accrual, &ShardMessage::of_run(&run)).await?;
    Ok(run)
}

/// Does one shard of a run and marks it done, with what it counted.
///
/// It can be done again at any time, and by two at once: what is already done is found so in the
/// data and writes nothing.
pub async fn run_shard(deps: &Deps, message: &ShardMessage) -> Result<Counts, ShardError> {
    let brand = deps.brands.get(message.brand_id).await?;
    let brand = brand.ok_or(JobError::NoBrand(message.brand_id))?;
    let counts = match message.job {
        Job::OffersExpire => offers_expire::run_shard(deps, &brand, message).await?,
        Job::Overdue => overdue::run_shard(deps, &brand, message).await?,
        Job::Mora => mora::run_shard(deps, &brand, message).await?,
        Job::ChargeMessages => charge_messages::run_shard(deps, &brand, message).await?,
    };
    if let Some(run) = Run::load(&deps.table, message.brand_id, message.job, message.date).await? {
        let closed = run.close_shard(&deps.table, message.shard, &counts, deps.now()).await?;
        if let Some(run) = &closed {
            measure(run);
        }
    }
    Ok(counts)
}

/// Tells how long a run took that is finished: from its beginning, and from when it was due.
fn measure(run: &Run) {
    let since = |moment: Timestamp| {
        let finished = run.finished_at.unwrap_or(moment);
        u64::try_from(finished.duration_since(moment).as_secs()).unwrap_or(0)
    };
    let seconds = |name, value| Measure::new(name, value, Unit::Seconds);
    let mut measures = vec![seconds("RunSeconds", since(run.started_at))];
    measures.extend(run.scheduled_at.map(|due| seconds("RunLateSeconds", since(due))));
    telemetry::measure(run.brand, &measures);
}
