use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// A month of a year. In text `2026-03`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Month {
    year: i16,
    month: i8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a month such as 2026-03")]
pub struct NotAMonth;

impl Month {
    pub fn of(date: Date) -> Self {
        Self { year: date.year(), month: date.month() }
    }

    pub const fn year(self) -> i16 {
        self.year
    }

    /// From 1 to 12.
    pub const fn number(self) -> i8 {
        self.month
    }

    /// Its first day.
    pub fn first(self) -> Date {
        Date::constant(self.year, self.month, 1)
    }

    /// Its last day.
    pub fn last(self) -> Date {
        self.first().last_of_month()
    }

    /// The month so many months later, or earlier; the years stay within 1 and 9999.
    pub fn plus(self, months: i32) -> Self {
        let first = Self { year: 1, month: 1 }.ordinal();
        let last = Self { year: 9_999, month: 12 }.ordinal();
        let ordinal = self.ordinal().saturating_add(months).clamp(first, last);
        let year = i16::try_from(ordinal.div_euclid(12)).unwrap_or(9_999);
        let month = i8::try_from(ordinal.rem_euclid(12)).unwrap_or(0) + 1;
        Self { year, month }
    }

    /// How many months lie between this one and a later one.
    pub fn until(self, later: Self) -> i32 {
        later.ordinal() - self.ordinal()
    }

    /// Months since the beginning of year 0.
    fn ordinal(self) -> i32 {
        i32::from(self.year) * 12 + i32::from(self.month) - 1
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

impl FromStr for Month {
    type Err = NotAMonth;

    fn from_str(text: &str) -> Result<Self, NotAMonth> {
        let date: Date = format!("{text}-01").parse().map_err(|_| NotAMonth)?;
        let month = Self::of(date);
        if month.to_string() == text && month.year >= 1 { Ok(month) } else { Err(NotAMonth) }
    }
}

impl TryFrom<String> for Month {
    type Error = NotAMonth;

    fn try_from(text: String) -> Result<Self, NotAMonth> {
        text.parse()
    }
}

impl From<Month> for String {
    fn from(month: Month) -> Self {
        month.to_string()
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::{Month, NotAMonth};

    #[test]
    fn months_follow_each_other() {
        let month: Month = "2026-11".parse().unwrap();
        assert_eq!(month.plus(2).to_string(), "2027-01");
        assert_eq!(month.plus(-11).to_string(), "2025-12");
        assert_eq!(month.until("2027-01".parse().unwrap()), 2);
        assert_eq!(Month::of(date(2024, 2, 29)).last(), date(2024, 2, 29));
        assert_eq!(Month::of(date(9_999, 12, 1)).plus(1).to_string(), "9999-12");
    }

    #[test]
    fn other_texts_are_no_months() {
        for text in ["", "2026", "2026-13", "2026-00", "2026-3", "26-03", "2026-03-01", "0000-01"] {
            assert_eq!(text.parse::<Month>(), Err(NotAMonth), "{text}");
        }
    }
}
