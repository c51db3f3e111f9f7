use jiff::civil::{Date, date};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{Frequency, Unit, days_between};

/// How the time between two dates becomes a fraction of the year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum DayCount {
    /// A month is 30 days of a year of 360; weeks and days are real days of 360.
    #[serde(rename = "30/360")]
    Thirty360,
    #[serde(rename = "ACT/360")]
    Act360,
    #[serde(rename = "ACT/364")]
    Act364,
    #[serde(rename = "ACT/365")]
    Act365,
    /// Real days of the real year; a day belongs to the year of its end date.
    #[serde(rename = "ACT/ACT")]
    ActAct,
    /// A week is 1/52 of the year, a single day a seventh of that.
    #[serde(rename = "1/52")]
    Weeks52,
}

impl DayCount {
    /// The fraction of a year from `from` to `to` in a loan that is repaid every `period`;
    /// 0 where `to` is not after `from`.
    ///
    /// Under 30/360 with a period in months, dates that are whole months apart (month ends counted
    /// as such, 28 Feb to 31 Mar) give 30 days a month; what goes beyond whole months are real days.
    pub fn year_fraction(self, from: Date, to: Date, period: Frequency) -> Decimal {
        if to <= from {
            return Decimal::ZERO;
        }
        let days = days_between(from, to);
        match self {
            Self::Thirty360 if period.unit() == Unit::Month => {
                over(thirty_day_month_days(from, to), 360)
            }
            Self::Thirty360 | Self::Act360 => over(days, 360),
            Self::Act364 | Self::Weeks52 => over(days, 364),
            Self::Act365 => over(days, 365),
            Self::ActAct => actual_years(from, to),
        }
    }

    /// The fraction of a year between two nominal due dates that are one period apart. It differs
    /// from [`Self::year_fraction`] only where 30/360 meets [`super::MonthEnd::Roll`]: 31 Jan to
    /// 1 Mar is then one month too.
    pub fn period_fraction(self, from: Date, to: Date, period: Frequency) -> Decimal {
        match (self, period.unit()) {
            (Self::Thirty360, Unit::Month) => over(i32::from(period.every()) * 30, 360),
            _ => self.year_fraction(from, to, period),
        }
    }
}

fn over(days: i32, year_days: i32) -> Decimal {
    Decimal::from(days) / Decimal::from(year_days)
}

fn actual_years(from: Date, to: Date) -> Decimal {
    (from.year()..=to.year())
        .map(|year| {
            let year_end = date(year, 12, 31);
            let begin = from.max(year_end.first_of_year().yesterday().unwrap_or(from));
            over(days_between(begin, to.min(year_end)), i32::from(year_end.days_in_year()))
        })
        .sum()
}

/// Days where each whole month has 30 and the rest are real.
fn thirty_day_month_days(from: Date, to: Date) -> i32 {
    let months =
        (i32::from(to.year()) - i32::from(from.year())) * 12 + i32::from(to.month() - from.month());
    if are_same_day_of_month(from, to) {
        return months * 30;
    }
    let months = if to.day() < from.day() { months - 1 } else { months };
    let whole = months_later(from, months);
    months * 30 + days_between(whole, to)
}

/// Whether some day of the month, moved to the month's end where it is missing, gives both dates.
fn are_same_day_of_month(from: Date, to: Date) -> bool {
    let is_month_end = |date: Date| date.day() == date.days_in_month();
    from.day() == to.day()
        || (is_month_end(from) && to.day() > from.day())
        || (is_month_end(to) && from.day() > to.day())
}

fn months_later(from: Date, months: i32) -> Date {
    let span = jiff::Span::new().try_months(months);
    span.and_then(|span| from.checked_add(span)).unwrap_or(from)
}

#[cfg(test)]
mod tests {
    use jiff::civil::{Date, date};
    use proptest::prelude::{Just, Strategy, prop_assert, prop_oneof, proptest};
    use rust_decimal::Decimal;

    use super::super::{BusinessCalendar, Frequency, MonthEnd, Unit, add_days, nominal_due_date};
    use super::DayCount;

    fn ratio(days: i64, year: i64) -> Decimal {
        Decimal::from(days) / Decimal::from(year)
    }

    fn monthly(count: DayCount, from: Date, to: Date) -> Decimal {
        count.year_fraction(from, to, Frequency::MONTHLY)
    }

    #[test]
    fn thirty_360_months_are_a_twelfth() {
        let twelfth = ratio(30, 360);
        for (from, to) in [
            (date(2023, 12, 12), date(2024, 1, 12)),
            (date(2026, 1, 31), date(2026, 2, 28)),
            (date(2026, 2, 28), date(2026, 3, 31)),
            (date(2026, 1, 29), date(2026, 2, 28)),
            (date(2026, 2, 28), date(2026, 3, 29)),
            (date(2024, 2, 29), date(2024, 3, 31)),
            (date(2026, 3, 31), date(2026, 4, 30)),
        ] {
            assert_eq!(monthly(DayCount::Thirty360, from, to), twelfth, "{from} {to}");
        }
        let quarterly = Frequency::new(3, Unit::Month).unwrap();
        assert_eq!(
            DayCount::Thirty360.year_fraction(date(2026, 1, 31), date(2026, 4, 30), quarterly),
            ratio(90, 360)
        );
    }

    #[test]
    fn thirty_360_stub_adds_real_days_to_whole_months() {
        // 12 Jan to 12 Feb is a month, then 15 days
        assert_eq!(
            monthly(DayCount::Thirty360, date(2026, 1, 12), date(2026, 2, 27)),
            ratio(45, 360)
        );
        assert_eq!(
            monthly(DayCount::Thirty360, date(2026, 1, 20), date(2026, 2, 5)),
            ratio(16, 360)
        );
    }

    #[test]
    fn thirty_360_weeks_and_days_are_real_days() {
        let from = date(2026, 1, 31);
        assert_eq!(
            DayCount::Thirty360.year_fraction(from, date(2026, 2, 7), Frequency::WEEKLY),
            ratio(7, 360)
        );
        assert_eq!(
            DayCount::Thirty360.year_fraction(from, date(2026, 2, 28), Frequency::DAILY),
            ratio(28, 360)
        );
    }

    /// 12 Dec 2023 to 12 Jan 2024: the days that end in 2023 are 13 to 31 Dec, 19 days of 365;
    /// those that end in 2024 are 1 to 12 Jan, 12 days of 366.
    #[test]
    fn act_act_counts_each_day_in_the_year_of_its_end() {
        assert_eq!(
            monthly(DayCount::ActAct, date(2023, 12, 12), date(2024, 1, 12)),
            ratio(19, 365) + ratio(12, 366)
        );
        assert_eq!(
            monthly(DayCount::ActAct, date(2022, 12, 31), date(2025, 12, 31)),
            Decimal::from(3)
        );
        // 31 Dec to 1 Jan: the one day ends in 2024
        assert_eq!(monthly(DayCount::ActAct, date(2023, 12, 31), date(2024, 1, 1)), ratio(1, 366));
    }

    /// ISDA, "EMU and market conventions: recent developments" (1998), worked example of
    /// 1 Nov 2003 to 1 May 2004: 61 days of 2003 and 121 of 2004 where a day belongs to the year of
    /// its start; by its end, 60 (2 Nov to 31 Dec) and 122 (1 Jan to 1 May).
    #[test]
    fn act_act_differs_from_isda_by_the_day_at_the_new_year() {
        assert_eq!(
            monthly(DayCount::ActAct, date(2003, 11, 1), date(2004, 5, 1)),
            ratio(60, 365) + ratio(122, 366)
        );
    }

    #[test]
    fn fixed_year_lengths() {
        let (from, to) = (date(2024, 1, 31), date(2024, 2, 29));
        assert_eq!(monthly(DayCount::Act360, from, to), ratio(29, 360));
        assert_eq!(monthly(DayCount::Act364, from, to), ratio(29, 364));
        assert_eq!(monthly(DayCount::Act365, from, to), ratio(29, 365));
        let week = DayCount::Weeks52.year_fraction(from, date(2024, 2, 7), Frequency::WEEKLY);
        assert_eq!(week, ratio(1, 52));
    }

    #[test]
    fn rolled_month_ends_are_whole_periods() {
        let count = DayCount::Thirty360;
        assert_eq!(
            count.period_fraction(date(2026, 1, 31), date(2026, 3, 1), Frequency::MONTHLY),
            ratio(30, 360)
        );
    }

    #[test]
    fn names_are_the_conventions() {
        for name in ["30/360", "ACT/360", "ACT/364", "ACT/365", "ACT/ACT", "1/52"] {
            let json = format!("\"{name}\"");
            let count: DayCount = serde_json::from_str(&json).unwrap();
            assert_eq!(serde_json::to_string(&count).unwrap(), json);
        }
    }

    fn any_count() -> impl Strategy<Value = DayCount> {
        prop_oneof![
            Just(DayCount::Thirty360),
            Just(DayCount::Act360),
            Just(DayCount::Act364),
            Just(DayCount::Act365),
            Just(DayCount::ActAct),
            Just(DayCount::Weeks52),
        ]
    }

    proptest! {
        #[test]
        fn real_day_counts_add_up(
            count in any_count(), start in 0_i64..40_000, a in 0_i64..2_000, b in 0_i64..2_000,
        ) {
            let from = add_days(date(1950, 1, 1), start).unwrap();
            let mid = add_days(from, a).unwrap();
            let to = add_days(mid, b).unwrap();
            let split = count.year_fraction(from, mid, Frequency::DAILY)
                + count.year_fraction(mid, to, Frequency::DAILY);
            let whole = count.year_fraction(from, to, Frequency::DAILY);
            prop_assert!((split - whole).abs() < Decimal::new(1, 20));
        }

        #[test]
        fn a_schedule_in_months_has_months_of_30_days(
            start in 0_i64..40_000, every in 1_u16..=12, k in 0_u16..120,
        ) {
            let anchor = add_days(date(1950, 1, 1), start).unwrap();
            let period = Frequency::new(every, Unit::Month).unwrap();
            let at = |k| {
                nominal_due_date(anchor, period, MonthEnd::Clamp, k, &BusinessCalendar::every_day())
                    .unwrap()
            };
            let (from, to) = (at(k), at(k + 1));
            let count = DayCount::Thirty360;
            let expected = ratio(i64::from(every) * 30, 360);
            prop_assert!(count.year_fraction(from, to, period) == expected);
            prop_assert!(count.period_fraction(from, to, period) == expected);
        }
    }
}
