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
