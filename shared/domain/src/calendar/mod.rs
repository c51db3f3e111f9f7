//! Dates of lending: due dates, day counts, the days on which payment is possible.

mod business;
mod day_count;
mod frequency;
mod month;
mod nominal;

pub use business::{BusinessCalendar, Convention, Weekend};
pub use day_count::DayCount;
pub use frequency::{Frequency, FrequencyError, Unit};
pub use month::{Month, NotAMonth};
pub use nominal::{MonthEnd, nominal_due_date};

use jiff::civil::Date;

/// A date that cannot be computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CalendarError {
    #[error("the date lies outside the years 1 to 9999")]
    OutOfRange,
    #[error("no repayment date within {days} days of {date}: check the non-repayment dates")]
    NoRepaymentDate { date: Date, days: u16 },
}

/// Calendar days from `due` to `on`; 0 on the due date and before it.
pub fn days_overdue(due: Date, on: Date) -> u32 {
    u32::try_from(days_between(due, on)).unwrap_or(0)
}

/// Calendar days from `from` to `to`; negative where `to` is earlier.
pub(crate) fn days_between(from: Date, to: Date) -> i32 {
    (to - from).get_days()
}

pub(crate) fn add_days(date: Date, days: i64) -> Result<Date, CalendarError> {
    let span = jiff::Span::new().try_days(days).map_err(|_| CalendarError::OutOfRange)?;
    let moved = date.checked_add(span).map_err(|_| CalendarError::OutOfRange)?;
    if moved.year() < 1 { Err(CalendarError::OutOfRange) } else { Ok(moved) }
}

#[cfg(test)]
mod tests {
    use super::days_overdue;
    use jiff::civil::date;

    #[test]
    fn overdue_counts_calendar_days_after_the_due_date() {
        assert_eq!(days_overdue(date(2026, 3, 10), date(2026, 3, 9)), 0);
        assert_eq!(days_overdue(date(2026, 3, 10), date(2026, 3, 10)), 0);
        assert_eq!(days_overdue(date(2026, 3, 10), date(2026, 3, 11)), 1);
        assert_eq!(days_overdue(date(2026, 3, 10), date(2026, 4, 9)), 30);
        // 1900 was no leap year, 2000 was one
        assert_eq!(days_overdue(date(1900, 2, 28), date(1900, 3, 1)), 1);
        assert_eq!(days_overdue(date(2000, 2, 28), date(2000, 3, 1)), 2);
    }
}
