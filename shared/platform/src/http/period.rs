//! From which date to which a list reaches.

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan as _};

use super::{ApiError, FieldError};
use crate::Deps;
use crate::clock::midnight;
use crate::store::{Brand, PERIOD_LIMIT_DAYS, Period};

const PERIOD_DEFAULT_DAYS: i64 = 92;

/// The time between two dates in the brand's timezone, both included.
///
/// # Errors
/// 400 where they are in the wrong order or too far apart.
pub fn of(
    deps: &Deps,
    brand: &Brand,
    from: Option<Date>,
    to: Option<Date>,
) -> Result<Period, ApiError> {
    of_named(deps, brand, ("from", from), ("to", to))
}

/// [`of`], for parameters of other names.
pub fn of_named(
    deps: &Deps,
    brand: &Brand,
    (from_name, from): (&str, Option<Date>),
    (to_name, to): (&str, Option<Date>),
) -> Result<Period, ApiError> {
    let to = to.unwrap_or_else(|| deps.today(brand));
    let from = from.unwrap_or_else(|| to.saturating_sub(PERIOD_DEFAULT_DAYS.days()));
    if from > to {
        return Err(ApiError::invalid_field(
            from_name,
            format!("must not be later than {to_name}"),
        ));
    }
    if to.saturating_sub(PERIOD_LIMIT_DAYS.days()) > from {
        let message = format!("must not be more than {PERIOD_LIMIT_DAYS} days before {to_name}");
        return Err(ApiError::invalid(vec![FieldError::new(from_name, message)]));
    }
    let start = |date: Date| midnight(date, &brand.timezone);
    let until = to.tomorrow().ok().and_then(start).unwrap_or(Timestamp::MAX);
    let from = start(from).unwrap_or(Timestamp::MIN);
    Ok(Period { from, until })
}
