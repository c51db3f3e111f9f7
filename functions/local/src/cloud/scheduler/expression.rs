use std::str::FromStr;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::cron::Cron;

const AT_FORMAT: &str = "%Y-%m-%dT%H:%M:%S";

/// A schedule expression: when a schedule fires, in its timezone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expression(Kind);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    Cron(Box<Cron>),
    Rate(SignedDuration),
    At(DateTime),
}

/// Why an expression is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExpressionError {
    /// Neither cron, rate nor at.
    #[error("write cron(...), rate(value unit) or at(yyyy-mm-ddThh:mm:ss)")]
    Kind,
    /// A cron expression with more or fewer than six fields.
    #[error("cron needs six fields (minutes hours day-of-month month day-of-week year), found {0}")]
    FieldCount(usize),
    /// Day-of-month and day-of-week together.
    #[error("exactly one of day-of-month and day-of-week must be ?")]
    DayFields,
    /// A field's value.
    #[error("{value} is not allowed in the cron field {field}")]
    Field {
        /// Which field.
        field: &'static str,
        /// What was written.
        value: String,
    },
    /// A rate.
    #[error("rate needs a positive whole number and minutes, hours or days")]
    Rate,
    /// A time that does not exist.
    #[error("at needs a date and time as yyyy-mm-ddThh:mm:ss")]
    At,
}

impl Expression {
    /// Whether it fires at a fixed interval, counted from its start.
    pub fn is_rate(&self) -> bool {
        matches!(self.0, Kind::Rate(_))
    }
}

impl FromStr for Expression {
    type Err = ExpressionError;

    fn from_str(text: &str) -> Result<Self, ExpressionError> {
        let (kind, inner) = text
            .strip_suffix(')')
            .and_then(|text| text.split_once('('))
            .ok_or(ExpressionError::Kind)?;
        Ok(Self(match kind {
            "cron" => Kind::Cron(Box::new(Cron::parse(inner)?)),
            "rate" => Kind::Rate(rate(inner).ok_or(ExpressionError::Rate)?),
            "at" => {
                Kind::At(DateTime::strptime(AT_FORMAT, inner).map_err(|_| ExpressionError::At)?)
            }
            _ => return Err(ExpressionError::Kind),
        }))
    }
}

fn rate(text: &str) -> Option<SignedDuration> {
    let (value, unit) = text.split_once(' ')?;
    let value = value.parse::<u32>().ok().filter(|value| *value > 0)?;
    let hours = match unit.trim() {
        "minute" | "minutes" => return Some(SignedDuration::from_mins(i64::from(value))),
        "hour" | "hours" => i64::from(value),
        "day" | "days" => i64::from(value) * 24,
        _ => return None,
    };
    Some(SignedDuration::from_hours(hours))
}

/// The first time after `after` at which `expression` fires in `zone`; `None` when it never does
/// again.
///
/// - cron: local times skipped by a forward shift do not fire, repeated ones fire once.
/// - rate: `anchor` plus whole periods (a day is 24 hours), also before `anchor`.
/// - at: once; a local time skipped by a forward shift fires as much later as the shift, so that a
///   one-time schedule is not lost.
///
/// Source: EventBridge Scheduler user guide, "Schedule types", which leaves the last case open.
pub fn next_fire(
    expression: &Expression,
    zone: &TimeZone,
    anchor: Timestamp,
    after: Timestamp,
) -> Option<Timestamp> {
    match &expression.0 {
        Kind::Cron(cron) => cron.next_fire(zone, after),
        Kind::Rate(period) => next_multiple(anchor, *period, after),
        Kind::At(local) => zone.to_timestamp(*local).ok().filter(|at| *at > after),
    }
}

fn next_multiple(anchor: Timestamp, period: SignedDuration, after: Timestamp) -> Option<Timestamp> {
    let elapsed = after.as_nanosecond() - anchor.as_nanosecond();
    let period = period.as_nanos();
    let next = elapsed.checked_div_euclid(period)?.checked_add(1)?.checked_mul(period)?;
    Timestamp::from_nanosecond(anchor.as_nanosecond().checked_add(next)?).ok()
}
