//! Reminders of staff: recorded first, then scheduled once, then fired once, however often each step
//! is done.

use domain::dunning::{Kind, Statement, Status, TemplateError};
use domain::ids::{BrandId, ReminderId};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::Deps;
use crate::aws::{Schedule, ScheduleError};
use crate::store::{
    Brand, Communication, Consistency, Effect, Event, LoanRecord, Range, ReminderMetrics,
    ReminderState, StoreError, UserReminder,
};

/// The function that a reminder's schedule invokes.
pub const FUNCTION: &str = "job-user-reminder";
/// The actor of what it does.
const ACTOR: &str = "job:user-reminder";
/// EventBridge Scheduler puts the time at which it meant to fire in its place.
const SCHEDULED_TIME: &str = "<aws.scheduler.scheduled-time>";
const JOB_PLACEHOLDER: &str = "{job}";
/// The reminders that the figures are made of, newest first.
const METRICS_LIMIT_REMINDERS: usize = 5_000;
/// The scheduler fires within a minute, and repeats a firing that failed for some time.
const MISSED_AFTER: SignedDuration = SignedDuration::from_mins(30);
const PAGE_LIMIT_REMINDERS: usize = 100;
/// A step that meets another change starts again this often.
const STEP_LIMIT_TRIES: u32 = 4;

/// What `job-user-reminder` is invoked with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReminderInput {
    pub brand_id: BrandId,
    pub reminder_id: ReminderId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scheduled_time: Option<Timestamp>,
}

#[derive(Debug, thiserror::Error)]
pub enum ReminderError {
    #[error("there is no brand {0}")]
    NoBrand(BrandId),
    #[error("there is no reminder {0}")]
    NoReminder(ReminderId),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Schedule(#[from] ScheduleError),
    #[error("the reminder's text: {0}")]
    Text(#[from] TemplateError),
    #[error("the reminder changed too often")]
    Busy,
}

/// The reminder's one-off schedule: its name is the reminder's, so that there is one.
fn schedule_of(deps: &Deps, brand: &Brand, reminder: &UserReminder) -> Schedule {
    let input = json!({
        "brandId": brand.id, "reminderId": reminder.id, "scheduledTime": SCHEDULED_TIME,
    });
    Schedule {
        name: format!("{FUNCTION}-{}", reminder.id),
        expression: format!("at({})", reminder.local.strftime("%Y-%m-%dT%H:%M:%S")),
        timezone: brand.timezone.iana_name().unwrap_or("UTC").to_owned(),
        target_arn: deps.config.job_arn.replace(JOB_PLACEHOLDER, FUNCTION),
        input: input.to_string(),
        delete_when_done: true,
    }
}

/// Takes a recorded reminder on until the scheduler has it, from wherever it was left; one whose
/// time has come meanwhile is fired.
pub async fn schedule(
    deps: &Deps,
    brand: &Brand,
    id: ReminderId,
) -> Result<UserReminder, ReminderError> {
    for _ in 0..STEP_LIMIT_TRIES {
        let stored = UserReminder::load(&deps.table, brand.id, id).await?;
        let mut reminder = stored.ok_or(ReminderError::NoReminder(id))?;
        if reminder.state != ReminderState::Scheduling {
            return Ok(reminder);
        }
        if reminder.at <= deps.now() {
            return fire(deps, brand, id).await;
        }
        let put = deps.schedules.put(&schedule_of(deps, brand, &reminder)).await;
        if reminder.at <= deps.now() {
            // Its time came while it was scheduled: the scheduler may never fire it.
            return fire(deps, brand, id).await;
        }
        put?;
        reminder.state = ReminderState::Scheduled;
        let effect = Effect::new(reminder.created_by.as_str(), "reminders:schedule", id)
            .after("at", reminder.at);
        let event = Event::new(deps, Some(brand.id), effect);
        let tx = deps.table.tx().replace("reminder", &mut reminder);
        match tx.create("event", &event).commit().await {
            Ok(()) => return Ok(reminder),
            Err(error) if error.is_conflict() => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(ReminderError::Busy)
}

/// Queues a reminder's message, once: a second firing finds it done.
pub async fn fire(
    deps: &Deps,
    brand: &Brand,
    id: ReminderId,
) -> Result<UserReminder, ReminderError> {
    for _ in 0..STEP_LIMIT_TRIES {
        let stored = UserReminder::load(&deps.table, brand.id, id).await?;
        let mut reminder = stored.ok_or(ReminderError::NoReminder(id))?;
        if reminder.state == ReminderState::Fired {
            return Ok(reminder);
        }
        let message = message_of(deps, brand, &reminder).await?;
        reminder.state = ReminderState::Fired;
        reminder.fired_at = Some(deps.now());
        let effect = Effect::new(ACTOR, "reminders:fire", id)
            .after("createdBy", &reminder.created_by)
            .after("communication", message.id);
        let event = Event::new(deps, Some(brand.id), effect);
        let tx = deps.table.tx().replace("reminder", &mut reminder);
        let tx = tx.create("communication", &message).create("event", &event);
        match tx.commit().await {
            Ok(()) => return Ok(reminder),
            Err(error) if error.is_conflict() => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(ReminderError::Busy)
}

/// The message with today's figures; they are put in again when it leaves.
async fn message_of(
    deps: &Deps,
    brand: &Brand,
    reminder: &UserReminder,
) -> Result<Communication, ReminderError> {
    let record = match reminder.loan {
        Some(loan) => {
            let key = LoanRecord::key_of(brand.id, loan);
            deps.table.get::<LoanRecord>(&key, Consistency::Strong).await?
        }
        None => None,
    };
    let statement = record.map(|record| Statement::of(&record.loan, deps.today(brand)));
    let body = reminder.text.render(brand.message_style(), statement.as_ref())?;
    let (id, customer) = (reminder.communication(), reminder.customer);
    let actor = reminder.created_by.as_str();
    let mut message =
        Communication::queued(brand.id, id, customer, Kind::Manual, body, actor, deps.now());
    message.version = 1;
    message.channel = reminder.channel;
    message.source = Some(reminder.text.clone());
    message.registered = reminder.registered.clone();
    Ok(message)
}

/// Counts a brand's reminders anew and keeps the figures. Reminders that a request left half done
/// are finished on the way, and those that the scheduler missed are fired.
pub async fn refresh_metrics(deps: &Deps, brand: &Brand) -> Result<ReminderMetrics, ReminderError> {
    for _ in 0..STEP_LIMIT_TRIES {
        let key = ReminderMetrics::key_of(brand.id);
        let stored = deps.table.get::<ReminderMetrics>(&key, Consistency::Strong).await?;
        let mut metrics = count(deps, brand).await?;
        metrics.version = stored.map_or(0, |stored| stored.version);
        match deps.table.replace(&mut metrics).await {
            Ok(()) => return Ok(metrics),
            Err(error) if error.is_conflict() => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(ReminderError::Busy)
}

async fn count(deps: &Deps, brand: &Brand) -> Result<ReminderMetrics, ReminderError> {
    let mut metrics = ReminderMetrics {
        brand: brand.id,
        version: 0,
        waiting: 0,
        fired: 0,
        queued: 0,
        sent: 0,
        failed: 0,
        suppressed: 0,
        partial: false,
        as_of: deps.now(),
    };
    let range = Range::list(UserReminder::list_partition(brand.id)).descending();
    let (mut after, mut looked) = (None, 0);
    loop {
        let page = deps.table.query_keys(&range, PAGE_LIMIT_REMINDERS, after).await?;
        looked += page.items.len();
        let reminders = deps.table.batch_get(&page.items, Consistency::Strong).await?;
        add_page(deps, brand, &mut metrics, reminders).await?;
        after = page.next;
        metrics.partial = after.is_some();
        if after.is_none() || looked >= METRICS_LIMIT_REMINDERS {
            return Ok(metrics);
        }
    }
}

/// Whether the scheduler should have fired it long since.
fn is_missed(reminder: &UserReminder, now: Timestamp) -> bool {
    reminder.state == ReminderState::Scheduled && now.duration_since(reminder.at) > MISSED_AFTER
}

async fn add_page(
    deps: &Deps,
    brand: &Brand,
    metrics: &mut ReminderMetrics,
    reminders: Vec<UserReminder>,
) -> Result<(), ReminderError> {
    let mut keys = Vec::new();
    for mut reminder in reminders {
        if reminder.state == ReminderState::Scheduling {
            reminder = schedule(deps, brand, reminder.id).await?;
        } else if is_missed(&reminder, deps.now()) {
            reminder = fire(deps, brand, reminder.id).await?;
        }
        if reminder.state == ReminderState::Fired {
            metrics.fired += 1;
            keys.push(Communication::key_of(brand.id, reminder.communication()));
        } else {
            metrics.waiting += 1;
        }
    }
    for message in deps.table.batch_get::<Communication>(&keys, Consistency::Eventual).await? {
        let figure = match message.status {
            Status::Queued | Status::Sending => &mut metrics.queued,
            Status::Sent | Status::Delivered | Status::Read => &mut metrics.sent,
            Status::Failed => &mut metrics.failed,
            Status::Suppressed => &mut metrics.suppressed,
        };
        *figure += 1;
    }
    Ok(())
}
