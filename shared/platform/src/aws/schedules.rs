use aws_sdk_scheduler::Client;
use aws_sdk_scheduler::error::ProvideErrorMetadata;
use aws_sdk_scheduler::types::{FlexibleTimeWindow, FlexibleTimeWindowMode, RetryPolicy, Target};

use super::Lazy;

/// How often the scheduler repeats a firing that the function did not take.
const RETRY_LIMIT_ATTEMPTS: i32 = 5;

/// One schedule of a brand: when a job fires, and with what input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    pub name: String,
    /// A `cron(…)`, `rate(…)` or `at(…)` expression.
    pub expression: String,
    /// An IANA timezone name.
    pub timezone: String,
    pub target_arn: String,
    pub input: String,
    /// A firing that is not delivered within so many seconds (60 to 86,400) is dropped; a day where
    /// absent.
    pub dropped_after_seconds: Option<i32>,
}

#[derive(Debug, thiserror::Error)]
pub enum ScheduleError {
    #[error("the scheduler refused {name}: {reason}")]
    Refused { name: String, reason: String },
    #[error("the scheduler is unavailable: {0}")]
    Unavailable(String),
}

/// EventBridge Scheduler, in the group of this deployment.
#[derive(Debug, Clone)]
pub struct Schedules {
    client: Lazy<Client>,
    group: String,
    role_arn: String,
}

impl Schedules {
    pub fn new(
        client: impl Into<Lazy<Client>>,
        group: impl Into<String>,
        role_arn: impl Into<String>,
    ) -> Self {
        Self { client: client.into(), group: group.into(), role_arn: role_arn.into() }
    }

    fn client(&self) -> &Client {
        self.client.get(Client::new)
    }

    /// Creates the schedule, or brings the one of the same name to this state.
    pub async fn put(&self, schedule: &Schedule) -> Result<(), ScheduleError> {
        let refused =
            |reason: String| ScheduleError::Refused { name: schedule.name.clone(), reason };
        let target = Target::builder()
            .arn(&schedule.target_arn)
            .role_arn(&self.role_arn)
            .input(&schedule.input)
            .retry_policy(
                RetryPolicy::builder()
                    .maximum_retry_attempts(RETRY_LIMIT_ATTEMPTS)
                    .set_maximum_event_age_in_seconds(schedule.dropped_after_seconds)
                    .build(),
            )
            .build()
            .map_err(|error| refused(error.to_string()))?;
        let window = FlexibleTimeWindow::builder()
            .mode(FlexibleTimeWindowMode::Off)
            .build()
            .map_err(|error| refused(error.to_string()))?;
        let created = self
            .client()
            .create_schedule()
            .name(&schedule.name)
            .group_name(&self.group)
            .schedule_expression(&schedule.expression)
            .schedule_expression_timezone(&schedule.timezone)
            .flexible_time_window(window.clone())
            .target(target.clone())
            .send()
            .await;
        match created {
            Ok(_) => Ok(()),
            Err(error) if error.code() == Some("ConflictException") => self
                .client()
                .update_schedule()
                .name(&schedule.name)
                .group_name(&self.group)
                .schedule_expression(&schedule.expression)
                .schedule_expression_timezone(&schedule.timezone)
                .flexible_time_window(window)
                .target(target)
                .send()
                .await
                .map(|_| ())
                .map_err(|error| from_sdk(&schedule.name, &error)),
            Err(error) => Err(from_sdk(&schedule.name, &error)),
        }
    }
}

fn from_sdk(name: &str, error: &impl ProvideErrorMetadata) -> ScheduleError {
    match error.code() {
        Some("ValidationException" | "ResourceNotFoundException" | "AccessDeniedException") => {
            ScheduleError::Refused {
                name: name.to_owned(),
                reason: error.message().unwrap_or_default().to_owned(),
            }
        }
        code => ScheduleError::Unavailable(code.unwrap_or("no answer").to_owned()),
    }
}
