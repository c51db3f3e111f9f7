//! The schedules of a brand's jobs, in the brand's timezone.

use domain::ids::BrandId;
use platform::Deps;
use platform::aws::{Schedule, ScheduleError};
use platform::http::ApiError;
use platform::jobs::Job;
use platform::store::Brand;
use serde_json::json;

/// EventBridge Scheduler puts the time at which it meant to fire in its place.
const SCHEDULED_TIME: &str = "<aws.scheduler.scheduled-time>";
/// Where the job's name stands in the configured ARN.
const JOB_PLACEHOLDER: &str = "{job}";
const IDLE_SESSIONS: &str = "job-idle-sessions";
const IDLE_SESSIONS_EVERY: &str = "rate(15 minutes)";
/// Each firing looks at all sessions, so one that the next has overtaken is of no use.
const IDLE_SESSIONS_DROPPED_AFTER_SECONDS: i32 = 15 * 60;

/// The schedules that a brand has: one for each daily job, and that of its sessions.
pub fn of(brand: &Brand, job_arn: &str) -> Vec<Schedule> {
    let timezone = brand.timezone.iana_name().unwrap_or("UTC");
    Job::ALL
        .into_iter()
        .map(|job| Schedule {
            name: format!("{}-{}", job.function(), brand.id),
            expression: job.schedule().to_owned(),
            timezone: timezone.to_owned(),
            target_arn: job_arn.replace(JOB_PLACEHOLDER, job.function()),
            input: input(brand.id),
            dropped_after_seconds: None,
        })
        .chain([idle_sessions(brand.id, job_arn)])
        .collect()
}

/// The schedule that closes idle sessions: of a brand's staff, or of the platform's administrators.
fn idle_sessions(brand: BrandId, job_arn: &str) -> Schedule {
    Schedule {
        name: format!("{IDLE_SESSIONS}-{brand}"),
        expression: IDLE_SESSIONS_EVERY.to_owned(),
        timezone: "UTC".to_owned(),
        target_arn: job_arn.replace(JOB_PLACEHOLDER, IDLE_SESSIONS),
        input: input(brand),
        dropped_after_seconds: Some(IDLE_SESSIONS_DROPPED_AFTER_SECONDS),
    }
}

fn input(brand: BrandId) -> String {
    json!({ "brandId": brand, "scheduledTime": SCHEDULED_TIME }).to_string()
}

/// Creates the brand's schedules, or brings them to its present timezone, and with them the one of
/// the platform itself. Doing it again changes nothing.
///
/// # Errors
/// 503 where the scheduler does not answer.
pub async fn put_all(deps: &Deps, brand: &Brand) -> Result<(), ApiError> {
    let job_arn = &deps.config.job_arn;
    for schedule in of(brand, job_arn).into_iter().chain([idle_sessions(Brand::PLATFORM, job_arn)])
    {
        deps.schedules.put(&schedule).await.map_err(|error| match error {
            ScheduleError::Unavailable(_) => ApiError::unavailable(error.to_string()),
            ScheduleError::Refused { .. } => ApiError::internal_from(&error),
        })?;
    }
    Ok(())
}
