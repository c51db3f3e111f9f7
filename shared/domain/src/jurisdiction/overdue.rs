use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::calendar::days_overdue;

/// Days past due: 0 on the due date (as moved for a non-repayment date) and before it.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Dpd(u32);

impl Dpd {
    pub fn of(due: Date, on: Date) -> Self {
        Self(days_overdue(due, on))
    }

    pub const fn days(self) -> u32 {
        self.0
    }

    /// The count of regulators for whom an unpaid due date is itself the first day overdue.
    pub const fn with_due_date_as_day_one(self) -> u32 {
        self.0.saturating_add(1)
    }
}

/// How a regulator classes a loan by its oldest unpaid installment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum OverdueClass {
    #[serde(rename = "CURRENT")]
    Current,
    /// Brazil: overdue, not yet a problem asset.
    #[serde(rename = "PAST_DUE")]
    PastDue,
    /// Brazil: overdue by more than 90 days.
    #[serde(rename = "PROBLEM_ASSET")]
    ProblemAsset,
    /// India: special mention account, up to 30 days.
    #[serde(rename = "SMA-0")]
    Sma0,
    /// India: more than 30 and up to 60 days.
    #[serde(rename = "SMA-1")]
    Sma1,
    /// India: more than 60 and up to 90 days.
    #[serde(rename = "SMA-2")]
    Sma2,
    /// India: non-performing asset, more than 90 days.
    #[serde(rename = "NPA")]
    Npa,
}

/// A range of days past due that collections works by, and its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bucket {
    pub name: &'static str,
    /// The first and the last day; no last day in the oldest bucket.
    pub from: u32,
    pub to: Option<u32>,
}

impl Bucket {
    pub const fn holds(&self, dpd: Dpd) -> bool {
        let days = dpd.days();
        days >= self.from
            && match self.to {
                Some(to) => days <= to,
                None => true,
            }
    }

    const fn new(name: &'static str, from: u32, to: Option<u32>) -> Self {
        Self { name, from, to }
    }
}

/// By thirty days: the custom where no regulator names other classes.
pub const BUCKETS: [Bucket; 4] = [
    Bucket::new("1-30", 1, Some(30)),
    Bucket::new("31-60", 31, Some(60)),
    Bucket::new("61-90", 61, Some(90)),
    Bucket::new("90+", 91, None),
];

/// The classes of the Reserve Bank of India, whose day 1 is the due date: 30 of its days are 29
/// days past due. On the due date itself nothing is overdue yet.
pub(super) const INDIAN_BUCKETS: [Bucket; 4] = [
    Bucket::new("SMA-0", 1, Some(29)),
    Bucket::new("SMA-1", 30, Some(59)),
    Bucket::new("SMA-2", 60, Some(89)),
    Bucket::new("NPA", 90, None),
];

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::super::Jurisdiction;
    use super::{Dpd, OverdueClass};

    #[test]
    fn dpd_is_0_on_the_due_date() {
        let due = date(2021, 3, 31);
        assert_eq!(Dpd::of(due, date(2021, 3, 30)).days(), 0);
        assert_eq!(Dpd::of(due, due).days(), 0);
        assert_eq!(Dpd::of(due, due).with_due_date_as_day_one(), 1);
        assert_eq!(Dpd::of(due, date(2021, 4, 30)).days(), 30);
    }

    /// The example of Reserve Bank of India, circular DOR.STR.REC.68/21.04.048/2021-22
    /// (12 November 2021): due 31 March 2021; SMA-1 at the end of 30 April, SMA-2 of 30 May, NPA of
    /// 29 June.
    #[test]
    fn india_classes_change_on_the_regulators_dates() {
        let due = Some(date(2021, 3, 31));
        for (on, class) in [
            (date(2021, 3, 30), OverdueClass::Current),
            (date(2021, 3, 31), OverdueClass::Sma0),
            (date(2021, 4, 29), OverdueClass::Sma0),
            (date(2021, 4, 30), OverdueClass::Sma1),
            (date(2021, 5, 29), OverdueClass::Sma1),
            (date(2021, 5, 30), OverdueClass::Sma2),
            (date(2021, 6, 28), OverdueClass::Sma2),
            (date(2021, 6, 29), OverdueClass::Npa),
        ] {
            assert_eq!(Jurisdiction::India.overdue_class(due, on), class, "{on}");
        }
        assert_eq!(
            Jurisdiction::India.overdue_class(None, date(2021, 6, 29)),
            OverdueClass::Current
        );
    }

    /// Each bucket is the regulator's class of the same name, on every day of half a year.
    #[test]
    fn buckets_are_without_gaps_and_named_as_the_classes() {
        let due = date(2021, 3, 31);
        for days in 1..180 {
            let on = due.checked_add(jiff::Span::new().days(days)).unwrap();
            let named = |country: Jurisdiction| {
                let dpd = Dpd::of(due, on);
                let names: Vec<_> = country.buckets().iter().filter(|b| b.holds(dpd)).collect();
                assert_eq!(names.len(), 1, "{on}");
                names[0].name
            };
            let class = Jurisdiction::India.overdue_class(Some(due), on);
            assert_eq!(serde_json::to_value(class).unwrap(), named(Jurisdiction::India), "{on}");
            let by_thirty =
                ["1-30", "31-60", "61-90", "90+"][usize::try_from((days - 1) / 30).unwrap().min(3)];
            assert_eq!(named(Jurisdiction::Brazil), by_thirty, "{on}");
        }
    }

    #[test]
    fn brazil_has_a_problem_asset_past_90_days() {
        // 31 March + 90 days = 29 June
        let class = |on| Jurisdiction::Brazil.overdue_class(Some(date(2025, 3, 31)), on);
        assert_eq!(class(date(2025, 3, 31)), OverdueClass::Current);
        assert_eq!(class(date(2025, 4, 1)), OverdueClass::PastDue);
        assert_eq!(class(date(2025, 6, 29)), OverdueClass::PastDue);
        assert_eq!(class(date(2025, 6, 30)), OverdueClass::ProblemAsset);
    }
}
