use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Number;

use super::error::SchedulerError;
use super::expression::{Expression, next_fire};
use crate::cloud::{ACCOUNT, REGION};

/// The group schedules belong to that name none.
pub(super) const DEFAULT_GROUP: &str = "default";
const NAME_LIMIT_CHARS: usize = 64;
const DESCRIPTION_LIMIT_CHARS: usize = 512;
const ARN_LIMIT_CHARS: usize = 1_600;
const WINDOW_MINUTES: std::ops::RangeInclusive<u32> = 1..=1_440;
const RETRIES_LIMIT: u32 = 185;
const EVENT_AGE_SECONDS: std::ops::RangeInclusive<u32> = 60..=86_400;

/// What a client says about a schedule, in the wire's words.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Spec {
    pub(super) schedule_expression: String,
    pub(super) schedule_expression_timezone: Option<String>,
    pub(super) flexible_time_window: FlexibleTimeWindow,
    pub(super) target: Target,
    #[serde(default)]
    pub(super) state: State,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) start_date: Option<Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) end_date: Option<Number>,
    #[serde(default)]
    pub(super) action_after_completion: ActionAfterCompletion,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) kms_key_arn: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct FlexibleTimeWindow {
    mode: Mode,
    #[serde(skip_serializing_if = "Option::is_none")]
    maximum_window_in_minutes: Option<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "UPPERCASE")]
enum Mode {
    Off,
    Flexible,
}

/// Whether a schedule fires.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum State {
    #[default]
    Enabled,
    Disabled,
}

/// What becomes of a schedule that will not fire again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum ActionAfterCompletion {
    #[default]
    None,
    Delete,
}

/// What a schedule invokes; parameters of targets that are not used here are kept as they came.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Target {
    pub(super) arn: String,
    pub(super) role_arn: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) input: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) retry_policy: Option<RetryPolicy>,
    #[serde(flatten)]
    other: serde_json::Map<String, serde_json::Value>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct RetryPolicy {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) maximum_retry_attempts: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    maximum_event_age_in_seconds: Option<u32>,
}

/// A stored schedule and how far it has fired.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Schedule {
    pub(super) group: String,
    pub(super) name: String,
    pub(super) spec: Spec,
    pub(super) client_token: Option<String>,
    pub(super) created: Timestamp,
    pub(super) modified: Timestamp,
    /// Rises with every update, so that a firing under way does not mark a newer version.
    pub(super) version: u64,
    /// Everything up to here has fired, or was not to fire.
    pub(super) cursor: Timestamp,
}

impl Spec {
    /// The checks the service makes, each naming its member.
    pub(super) fn validate(&self) -> Result<(), SchedulerError> {
        self.expression()?;
        self.zone()?;
        let window = &self.flexible_time_window;
        match (window.mode, window.maximum_window_in_minutes) {
            (Mode::Off, None) => {}
            (Mode::Flexible, Some(minutes)) if WINDOW_MINUTES.contains(&minutes) => {}
            (Mode::Off, Some(_)) => {
                return invalid("FlexibleTimeWindow: MaximumWindowInMinutes needs Mode FLEXIBLE");
            }
            (Mode::Flexible, _) => {
                return invalid("FlexibleTimeWindow: MaximumWindowInMinutes must be 1 to 1440");
            }
        }
        let text = |arn: &str| arn.starts_with("arn:") && arn.len() <= ARN_LIMIT_CHARS;
        if !text(&self.target.arn) {
            return invalid("Target.Arn is not a resource name");
        }
        if !(text(&self.target.role_arn) && self.target.role_arn.contains(":role/")) {
            return invalid("Target.RoleArn is not a role's resource name");
        }
        let is_json = |text: &str| serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok();
        if self.target.arn.contains(":lambda:")
            && self.target.input.as_deref().is_some_and(|input| !is_json(input))
        {
            return invalid("Target.Input must be well-formed JSON for a Lambda function");
        }
        if let Some(policy) = &self.target.retry_policy {
            if policy.maximum_retry_attempts.is_some_and(|attempts| attempts > RETRIES_LIMIT) {
                return invalid("Target.RetryPolicy.MaximumRetryAttempts must be 0 to 185");
            }
            let age = policy.maximum_event_age_in_seconds;
            if age.is_some_and(|age| !EVENT_AGE_SECONDS.contains(&age)) {
                return invalid("Target.RetryPolicy.MaximumEventAgeInSeconds must be 60 to 86400");
            }
        }
        if self.description.as_ref().is_some_and(|text| text.len() > DESCRIPTION_LIMIT_CHARS) {
            return invalid("Description is longer than 512 characters");
        }
        match (self.start()?, self.end()?) {
            (Some(start), Some(end)) if end <= start => invalid("EndDate must be after StartDate"),
            _ => Ok(()),
        }
    }

    pub(super) fn expression(&self) -> Result<Expression, SchedulerError> {
        self.schedule_expression.parse().map_err(|error| {
            SchedulerError::Validation(format!("Invalid Schedule Expression: {error}"))
        })
    }

    fn zone(&self) -> Result<TimeZone, SchedulerError> {
        let name = self.schedule_expression_timezone.as_deref().unwrap_or("UTC");
        TimeZone::get(name).map_err(|_| {
            SchedulerError::Validation(format!("ScheduleExpressionTimezone: no timezone {name}"))
        })
    }

    /// How old a firing may be and still be delivered, where the client said so.
    pub(super) fn event_age(&self) -> Option<SignedDuration> {
        let seconds = self.target.retry_policy.as_ref()?.maximum_event_age_in_seconds?;
        Some(SignedDuration::from_secs(i64::from(seconds)))
    }

    fn start(&self) -> Result<Option<Timestamp>, SchedulerError> {
        self.start_date.as_ref().map(|date| timestamp("StartDate", date)).transpose()
    }

    fn end(&self) -> Result<Option<Timestamp>, SchedulerError> {
        self.end_date.as_ref().map(|date| timestamp("EndDate", date)).transpose()
    }
}

impl Schedule {
    pub(super) fn arn(&self) -> String {
        arn(&self.group, &self.name)
    }

    /// Where counting starts for a schedule made or changed at `now`: a rate without a start date
    /// fires at once, everything else from now on.
    pub(super) fn start_cursor(spec: &Spec, now: Timestamp) -> Result<Timestamp, SchedulerError> {
        let fires_at_once = spec.expression()?.is_rate() && spec.start_date.is_none();
        let nanosecond = SignedDuration::from_nanos(i64::from(fires_at_once));
        Ok(whole_second(now).checked_sub(nanosecond).unwrap_or(now))
    }

    /// The next firing after the cursor, whatever the state.
    pub(super) fn next(&self) -> Result<Option<Timestamp>, SchedulerError> {
        Ok(self.timer()?.next(self.cursor))
    }

    /// The times this schedule names, parsed once.
    pub(super) fn timer(&self) -> Result<Timer, SchedulerError> {
        let start = self.spec.start()?;
        Ok(Timer {
            expression: self.spec.expression()?,
            zone: self.spec.zone()?,
            anchor: start.unwrap_or_else(|| whole_second(self.modified)),
            start,
            end: self.spec.end()?,
        })
    }
}

/// When a schedule fires, between its start (which counts) and its end (which does not).
pub(super) struct Timer {
    expression: Expression,
    zone: TimeZone,
    anchor: Timestamp,
    start: Option<Timestamp>,
    end: Option<Timestamp>,
}

impl Timer {
    /// The first firing after `after`.
    pub(super) fn next(&self, after: Timestamp) -> Option<Timestamp> {
        let before_start = self.start.map(|start| start - SignedDuration::from_nanos(1));
        let after = before_start.map_or(after, |start| start.max(after));
        next_fire(&self.expression, &self.zone, self.anchor, after)
            .filter(|next| self.end.is_none_or(|end| *next < end))
    }
}

pub(super) fn arn(group: &str, name: &str) -> String {
    format!("arn:aws:scheduler:{REGION}:{ACCOUNT}:schedule/{group}/{name}")
}

pub(super) fn group_arn(name: &str) -> String {
    format!("arn:aws:scheduler:{REGION}:{ACCOUNT}:schedule-group/{name}")
}

/// Letters, digits, `-`, `_` and `.`, 1 to 64 of them.
pub(super) fn check_name(member: &str, name: &str) -> Result<(), SchedulerError> {
    let valid = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if !name.is_empty() && name.len() <= NAME_LIMIT_CHARS && name.chars().all(valid) {
        return Ok(());
    }
    invalid(&format!("{member} must be 1 to 64 letters, digits, -, _ and ."))
}

fn whole_second(time: Timestamp) -> Timestamp {
    Timestamp::from_second(time.as_second()).unwrap_or(time)
}

fn timestamp(member: &str, seconds: &Number) -> Result<Timestamp, SchedulerError> {
    let whole = seconds.as_i64().or_else(|| seconds.as_f64().map(|seconds| seconds as i64));
    whole
        .and_then(|whole| Timestamp::from_second(whole).ok())
        .ok_or_else(|| SchedulerError::Validation(format!("{member} is not a time")))
}

fn invalid(message: &str) -> Result<(), SchedulerError> {
    Err(SchedulerError::Validation(message.to_owned()))
}
