use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use jiff::Timestamp;

use super::Scheduler;
use super::book::Due;
use super::error::SchedulerError;
use crate::cloud::{ACCOUNT, BoxError, REGION, unique_id};

/// Missed firings of one schedule that are caught up; older ones are skipped, and logged.
const CATCH_UP_LIMIT_FIRINGS: usize = 1_000;
/// Repeated deliveries of a firing that failed; the service makes up to 185 over a day.
const RETRIES_LIMIT: u32 = 3;
/// Pause before the first repetition; it doubles.
const RETRY_PAUSE: Duration = Duration::from_millis(200);
/// How long the loop sleeps at most, so that a machine that slept catches up soon.
const SLEEP_LIMIT: Duration = Duration::from_secs(30);
/// Pause after the loop could not read or write its state.
const FAULT_PAUSE: Duration = Duration::from_secs(1);

/// One invocation of a schedule's target.
#[derive(Clone, Debug)]
pub struct Firing {
    /// The schedule's resource name.
    pub schedule_arn: String,
    /// The schedule's group.
    pub group: String,
    /// The schedule's name.
    pub name: String,
    /// What is to be invoked.
    pub target_arn: String,
    /// The time the schedule named; business time may be later.
    pub scheduled_time: Timestamp,
    /// Unique to this firing, the same in every attempt.
    pub execution_id: String,
    /// 1 for the first delivery.
    pub attempt: u32,
    /// The target's input with the `<aws.scheduler.…>` words replaced, or the service's default.
    pub input: String,
}

/// Receives firings, one at a time and in order of their scheduled times. `Ok` means delivered; an
/// error or a panic is repeated a few times. May be called again for the same firing after a
/// restart.
pub type OnFire = Arc<dyn Fn(Firing) -> BoxFuture<'static, Result<(), BoxError>> + Send + Sync>;

/// Fires until the cloud stops.
pub(super) async fn run(scheduler: Scheduler, on_fire: OnFire) {
    let mut moved = scheduler.0.clock.changed();
    let mut edited = scheduler.0.edited.subscribe();
    let mut stop = scheduler.0.stop.clone();
    while !*stop.borrow() {
        moved.mark_unchanged();
        edited.mark_unchanged();
        let pass = scheduler.begin_pass();
        let sleep = match pass_over(&scheduler, &on_fire).await {
            Ok(sleep) => {
                scheduler.end_pass(pass);
                sleep
            }
            Err(error) => {
                tracing::error!(%error, "scheduler pass failed");
                FAULT_PAUSE
            }
        };
        tokio::select! {
            () = tokio::time::sleep(sleep) => {}
            _ = moved.changed() => {}
            _ = edited.changed() => {}
            _ = stop.changed() => {}
        }
    }
}

/// Delivers everything due now, in order; answers how long to sleep.
async fn pass_over(scheduler: &Scheduler, on_fire: &OnFire) -> Result<Duration, SchedulerError> {
    let now = scheduler.0.clock.business_now();
    scheduler.book().rewind(now)?;
    scheduler.book().drop_aged(now)?;
    let skipped = scheduler.book().skip_excess(now, CATCH_UP_LIMIT_FIRINGS)?;
    for (schedule, up_to) in skipped {
        tracing::warn!(schedule, %up_to, "too many missed firings: the oldest were skipped");
    }
    loop {
        let earliest = scheduler.book().earliest()?;
        let now = scheduler.0.clock.business_now();
        match earliest {
            Some(due) if due.at <= now => {
                if *scheduler.0.stop.borrow() {
                    return Ok(Duration::ZERO);
                }
                deliver(&due, on_fire).await;
                scheduler.book().fired(&due)?;
            }
            Some(due) => {
                let left = Duration::try_from(due.at.duration_since(now)).unwrap_or_default();
                return Ok(left.min(SLEEP_LIMIT));
            }
            None => return Ok(SLEEP_LIMIT),
        }
    }
}

async fn deliver(due: &Due, on_fire: &OnFire) {
    let policy = due.schedule.spec.target.retry_policy.as_ref();
    let retries = policy.and_then(|policy| policy.maximum_retry_attempts).unwrap_or(RETRIES_LIMIT);
    let execution_id = unique_id();
    let mut pause = RETRY_PAUSE;
    for attempt in 1..=retries.min(RETRIES_LIMIT) + 1 {
        let firing = firing(due, &execution_id, attempt);
        let (schedule, time) = (firing.schedule_arn.clone(), firing.scheduled_time);
        // The handler builds its future inside, so that a panic while building is caught too.
        let call = on_fire.clone();
        let delivered = AssertUnwindSafe(async move { call(firing).await }).catch_unwind().await;
        match delivered {
            Ok(Ok(())) => {
                tracing::info!(schedule, %time, attempt, "schedule fired");
                return;
            }
            Ok(Err(error)) => tracing::warn!(schedule, %time, attempt, %error, "target failed"),
            Err(_) => tracing::error!(schedule, %time, attempt, "target panicked"),
        }
        tokio::time::sleep(pause).await;
        pause *= 2;
    }
    let schedule = due.schedule.arn();
    tracing::error!(schedule, time = %due.at, "firing given up");
}

fn firing(due: &Due, execution_id: &str, attempt: u32) -> Firing {
    let schedule = &due.schedule;
    let arn = schedule.arn();
    let input = match &schedule.spec.target.input {
        Some(input) => input
            .replace("<aws.scheduler.schedule-arn>", &arn)
            .replace("<aws.scheduler.scheduled-time>", &due.at.to_string())
            .replace("<aws.scheduler.execution-id>", execution_id)
            .replace("<aws.scheduler.attempt-number>", &attempt.to_string()),
        None => default_input(&arn, due.at, execution_id),
    };
    Firing {
        schedule_arn: arn,
        group: schedule.group.clone(),
        name: schedule.name.clone(),
        target_arn: schedule.spec.target.arn.clone(),
        scheduled_time: due.at,
        execution_id: execution_id.to_owned(),
        attempt,
        input,
    }
}

/// What a target without an input gets. Source: EventBridge Scheduler user guide.
fn default_input(arn: &str, time: Timestamp, execution_id: &str) -> String {
    serde_json::json!({
        "version": "0",
        "id": execution_id,
        "detail-type": "Scheduled Event",
        "source": "aws.scheduler",
        "account": ACCOUNT,
        "time": time.to_string(),
        "region": REGION,
        "resources": [arn],
        "detail": "{}",
    })
    .to_string()
}
