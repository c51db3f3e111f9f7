//! The schedules of a brand's jobs, in the brand's timezone.

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

/// The schedules that a brand has, one for each daily job.
pub fn of(brand: &Brand, job_arn: &str) -> Vec<Schedule> {
    let timezone = brand.timezone.iana_name().unwrap_or("UTC");
    Job::ALL
        .into_iter()
        .map(|job| Schedule {
            name: format!("{}-{}", job.function(), brand.id),
            expression: job.schedule().to_owned(),
            timezone: timezone.to_owned(),
            target_arn: job_arn.replace(JOB_PLACEHOLDER, job.function()),
            input: json!({ "brandId": brand.id, "scheduledTime": SCHEDULED_TIME }).to_string(),
            delete_when_done: false,
        })
        .collect()
}

/// Creates the brand's schedules, or brings them to its present timezone. Doing it again changes
/// nothing.
///
/// # Errors
/// 503 where the scheduler does not answer.
pub async fn put_all(deps: &Deps, brand: &Brand) -> Result<(), ApiError> {
    for schedule in of(brand, &deps.config.job_arn) {
        deps.schedules.put(&schedule).await.map_err(|error| match error {
            ScheduleError::Unavailable(_) => ApiError::unavailable(error.to_string()),
            ScheduleError::Refused { .. } => ApiError::internal_from(&error),
        })?;
    }
    Ok(())
}
