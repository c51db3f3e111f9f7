use std::collections::BTreeSet;

use jiff::civil::{Date, Weekday};
use serde::{Deserialize, Serialize};

use super::{CalendarError, add_days};
use crate::jurisdiction::Jurisdiction;

/// How far a repayment date is looked for.
const SEARCH_DAYS: u16 = 60;

/// Which days of every week are no repayment dates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Weekend {
    /// Every day of the week is open.
    None,
    Sunday,
    #[default]
    SaturdaySunday,
    /// India's banks: Sundays, and the second and fourth Saturday of the month (Reserve Bank of
    /// India, circular DBR.No.Leg.BC.21/09.07.006/2015-16, from 1 September 2015).
    SundayAndSecondAndFourthSaturday,
}

impl Weekend {
    /// Whether `date` is a day off by its weekday.
    pub fn contains(self, date: Date) -> bool {
        match (self, date.weekday()) {
            (Self::None, _) => false,
            (_, Weekday::Sunday) => true,
            (Self::SaturdaySunday, Weekday::Saturday) => true,
            (Self::SundayAndSecondAndFourthSaturday, Weekday::Saturday) => {
                matches!(date.day(), 8..=14 | 22..=28)
            }
            _ => false,
        }
    }
}

/// Where a due date goes that falls on a non-repayment date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Convention {
    /// The next repayment date.
    #[default]
    Following,
    /// The last repayment date before it.
    Preceding,
    /// It stays.
    Unadjusted,
}

/// The days on which a brand takes repayments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BusinessCalendar {
    weekend: Weekend,
    closed: BTreeSet<Date>,
    bank_holidays: Option<Jurisdiction>,
}

impl BusinessCalendar {
    /// Open on every day but the weekend.
    pub const fn new(weekend: Weekend) -> Self {
        Self { weekend, closed: BTreeSet::new(), bank_holidays: None }
    }

    /// Open on every day of the year.
    pub const fn every_day() -> Self {
        Self::new(Weekend::None)
    }

    /// Closed on these dates too (the brand's own non-repayment dates).
    #[must_use]
    pub fn closed_on(mut self, dates: impl IntoIterator<Item = Date>) -> Self {
        self.closed.extend(dates);
        self
    }

    /// Closed on the country's bank holidays too.
    #[must_use]
    pub const fn with_bank_holidays(mut self, jurisdiction: Jurisdiction) -> Self {
        self.bank_holidays = Some(jurisdiction);
        self
    }

    pub fn is_repayment_date(&self, date: Date) -> bool {
        let is_bank_holiday =
            || self.bank_holidays.is_some_and(|country| country.bank_holiday(date).is_some());
        !self.weekend.contains(date) && !self.closed.contains(&date) && !is_bank_holiday()
    }

    /// `date` itself, or the first repayment date after it.
    pub fn following(&self, date: Date) -> Result<Date, CalendarError> {
        self.search(date, 1)
    }

    /// `date` itself, or the last repayment date before it.
    pub fn preceding(&self, date: Date) -> Result<Date, CalendarError> {
        self.search(date, -1)
    }

    pub fn adjust(&self, date: Date, convention: Convention) -> Result<Date, CalendarError> {
        match convention {
            Convention::Following => self.following(date),
            Convention::Preceding => self.preceding(date),
            Convention::Unadjusted => Ok(date),
        }
    }

    /// The `n`-th repayment date after `date`; `n` = 0 is `date` itself.
    pub fn nth_after(&self, date: Date, n: u32) -> Result<Date, CalendarError> {
        (0..n).try_fold(date, |date, _| self.following(add_days(date, 1)?))
    }

    fn search(&self, date: Date, step: i64) -> Result<Date, CalendarError> {
        for distance in 0..=i64::from(SEARCH_DAYS) {
            let candidate = add_days(date, step * distance)?;
            if self.is_repayment_date(candidate) {
                return Ok(candidate);
            }
        }
        Err(CalendarError::NoRepaymentDate { date, days: SEARCH_DAYS })
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::super::{CalendarError, add_days};
    use super::{BusinessCalendar, Convention, Jurisdiction, Weekend};

    #[test]
    fn a_weekend_moves_to_monday_or_friday() {
        let calendar = BusinessCalendar::new(Weekend::SaturdaySunday);
        let saturday = date(2026, 3, 7);
        assert_eq!(calendar.adjust(saturday, Convention::Following), Ok(date(2026, 3, 9)));
        assert_eq!(calendar.adjust(saturday, Convention::Preceding), Ok(date(2026, 3, 6)));
        assert_eq!(calendar.adjust(saturday, Convention::Unadjusted), Ok(saturday));
    }

    #[test]
    fn closed_dates_are_skipped_with_the_weekend() {
        let calendar = BusinessCalendar::new(Weekend::SaturdaySunday).closed_on([date(2026, 3, 9)]);
        assert!(!calendar.is_repayment_date(date(2026, 3, 9)));
        assert_eq!(calendar.following(date(2026, 3, 7)), Ok(date(2026, 3, 10)));
        assert_eq!(calendar.nth_after(date(2026, 3, 6), 1), Ok(date(2026, 3, 10)));
    }

    /// Good Friday 2026 is 3 April, Tiradentes is Tuesday 21 April.
    #[test]
    fn bank_holidays_are_closed() {
        let calendar =
            BusinessCalendar::new(Weekend::SaturdaySunday).with_bank_holidays(Jurisdiction::Brazil);
        assert_eq!(calendar.following(date(2026, 4, 3)), Ok(date(2026, 4, 6)));
        assert_eq!(calendar.preceding(date(2026, 4, 21)), Ok(date(2026, 4, 20)));
        // 2024 to 2025: 25 December and 1 January are Wednesdays
        assert_eq!(calendar.nth_after(date(2024, 12, 24), 5), Ok(date(2025, 1, 2)));
    }

    #[test]
    fn second_and_fourth_saturdays() {
        // March 2026: Saturdays on 7, 14, 21, 28
        let closed = |day| Weekend::SundayAndSecondAndFourthSaturday.contains(date(2026, 3, day));
        assert_eq!([7, 14, 21, 28, 29, 30].map(closed), [false, true, false, true, true, false]);
    }

    #[test]
    fn a_calendar_without_open_days_is_an_error() {
        let first = date(2026, 1, 1);
        let all = (0..100).map(|day| add_days(first, day).unwrap());
        let calendar = BusinessCalendar::every_day().closed_on(all);
        assert_eq!(
            calendar.following(first),
            Err(CalendarError::NoRepaymentDate { date: first, days: 60 })
        );
        assert_eq!(calendar.following(date(2026, 4, 1)), Ok(date(2026, 4, 11)));
    }
}
