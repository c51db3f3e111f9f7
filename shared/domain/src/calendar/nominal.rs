use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{BusinessCalendar, CalendarError, Frequency, Unit, add_days};

/// What a monthly due day becomes in a month that does not have it. The anchor's day is kept in
/// both cases: later months go back to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum MonthEnd {
    /// The month's last day: 31 Jan, 28 Feb, 31 Mar, 30 Apr.
    #[default]
    Clamp,
    /// The first day of the following month: 31 Jan, 1 Mar, 31 Mar, 1 May.
    Roll,
}

/// The nominal due date `k` periods after `anchor` (`k` = 0 is the anchor itself), before any move
/// for non-repayment dates. Each is counted from the anchor, never from the date before it.
///
/// Only a frequency in business days looks at `calendar`: its dates are repayment dates already.
pub fn nominal_due_date(
    anchor: Date,
    frequency: Frequency,
    month_end: MonthEnd,
    k: u16,
    calendar: &BusinessCalendar,
) -> Result<Date, CalendarError> {
    let units = u32::from(frequency.every()) * u32::from(k);
    match frequency.unit() {
        Unit::Day => add_days(anchor, i64::from(units)),
        Unit::Week => add_days(anchor, i64::from(units) * 7),
        Unit::Month => add_months(anchor, units, month_end),
        Unit::BusinessDay => calendar.nth_after(anchor, units),
    }
}

fn add_months(anchor: Date, months: u32, month_end: MonthEnd) -> Result<Date, CalendarError> {
    let first = month_after(anchor, months)?;
    if anchor.day() <= first.days_in_month() {
        return first.with().day(anchor.day()).build().map_err(|_| CalendarError::OutOfRange);
    }
    match month_end {
        MonthEnd::Clamp => Ok(first.last_of_month()),
        MonthEnd::Roll => month_after(anchor, months.saturating_add(1)),
    }
}

/// The first day of the month `months` after that of `date`.
fn month_after(date: Date, months: u32) -> Result<Date, CalendarError> {
    let since_year_zero = i64::from(date.year()) * 12 + i64::from(date.month()) - 1;
    let index = since_year_zero + i64::from(months);
    let year = i16::try_from(index.div_euclid(12)).map_err(|_| CalendarError::OutOfRange)?;
    let month = i8::try_from(index.rem_euclid(12) + 1).map_err(|_| CalendarError::OutOfRange)?;
    Date::new(year, month, 1).map_err(|_| CalendarError::OutOfRange)
}

#[cfg(test)]
mod tests {
    use jiff::civil::{Date, date};
    use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};

    use super::super::{BusinessCalendar, CalendarError, Frequency, Unit, Weekend};
    use super::{MonthEnd, nominal_due_date};

    fn dates(anchor: Date, frequency: Frequency, month_end: MonthEnd, count: u16) -> Vec<Date> {
        let calendar = BusinessCalendar::new(Weekend::SaturdaySunday);
        (0..count)
            .map(|k| nominal_due_date(anchor, frequency, month_end, k, &calendar).unwrap())
            .collect()
    }

    #[test]
    fn a_clamped_month_end_goes_back_to_the_anchor_day() {
        assert_eq!(
            dates(date(2026, 1, 31), Frequency::MONTHLY, MonthEnd::Clamp, 5),
            [
                date(2026, 1, 31),
                date(2026, 2, 28),
                date(2026, 3, 31),
                date(2026, 4, 30),
                date(2026, 5, 31),
            ]
        );
        assert_eq!(
            dates(date(2023, 12, 30), Frequency::MONTHLY, MonthEnd::Clamp, 3)[2],
            date(2024, 2, 29)
        );
    }

    /// Source: Apache Fineract, FINERACT-2816 (monthly repayment due date strategy): a loan of
    /// 30 January falls due on 1 March, the original day preserved afterwards.
    #[test]
    fn a_rolled_month_end_is_the_first_of_the_next_month() {
        assert_eq!(
            dates(date(2026, 1, 30), Frequency::MONTHLY, MonthEnd::Roll, 4),
            [date(2026, 1, 30), date(2026, 3, 1), date(2026, 3, 30), date(2026, 4, 30)]
        );
        assert_eq!(
            dates(date(2026, 12, 31), Frequency::new(2, Unit::Month).unwrap(), MonthEnd::Roll, 2)
                [1],
            date(2027, 3, 1)
        );
    }

    #[test]
    fn weeks_and_days_are_calendar_days() {
        let biweekly = Frequency::new(2, Unit::Week).unwrap();
        assert_eq!(dates(date(2024, 2, 20), biweekly, MonthEnd::Clamp, 3)[2], date(2024, 3, 19));
        assert_eq!(
            dates(date(2024, 2, 28), Frequency::DAILY, MonthEnd::Clamp, 3)[2],
            date(2024, 3, 1)
        );
    }

    #[test]
    fn business_dailies_skip_the_weekend() {
        // 2026-03-05 is a Thursday
        assert_eq!(
            dates(date(2026, 3, 5), Frequency::EVERY_BUSINESS_DAY, MonthEnd::Clamp, 4),
            [date(2026, 3, 5), date(2026, 3, 6), date(2026, 3, 9), date(2026, 3, 10)]
        );
    }

    #[test]
    fn a_date_past_the_year_9999_is_an_error() {
        let calendar = BusinessCalendar::every_day();
        assert_eq!(
            nominal_due_date(date(9999, 12, 1), Frequency::MONTHLY, MonthEnd::Clamp, 1, &calendar),
            Err(CalendarError::OutOfRange)
        );
        assert_eq!(
            nominal_due_date(date(9999, 12, 31), Frequency::DAILY, MonthEnd::Clamp, 1, &calendar),
            Err(CalendarError::OutOfRange)
        );
    }

    proptest! {
        #[test]
        fn monthly_dates_rise_and_keep_the_anchor_day(
            days in 0_i64..40_000, every in 1_u16..=12, k in 0_u16..480, roll in any::<bool>(),
        ) {
            let anchor = super::add_days(date(1950, 1, 1), days).unwrap();
            let frequency = Frequency::new(every, Unit::Month).unwrap();
            let month_end = if roll { MonthEnd::Roll } else { MonthEnd::Clamp };
            let calendar = BusinessCalendar::every_day();
            let this = nominal_due_date(anchor, frequency, month_end, k, &calendar).unwrap();
            let next = nominal_due_date(anchor, frequency, month_end, k + 1, &calendar).unwrap();
            prop_assert!(this < next);
            match month_end {
                MonthEnd::Clamp => prop_assert_eq!(this.day(), anchor.day().min(this.days_in_month())),
                MonthEnd::Roll => prop_assert!(this.day() == anchor.day() || this.day() == 1),
            }
        }
    }
}
