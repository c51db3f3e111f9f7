use std::ops::AddAssign;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::invoices::{Invoice, Split};
use crate::money::Amount;

/// What invoices add up to on the books. Closed ones no longer held in the loan live on in it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Tally {
    /// The last invoice counted, and how many there are: they are counted from number 1 on.
    pub last_number: u16,
    pub last_nominal_due: Option<Date>,
    pub charged: Split,
    pub paid: Split,
    pub waived: Split,
    /// Left with a renegotiation.
    pub carried: Split,
    /// Contract interest that became income.
    pub earned: Amount,
    /// Interest waived or carried that had never become income.
    pub waived_unearned: Amount,
    pub carried_unearned: Amount,
}

impl Tally {
    pub fn of(invoice: &Invoice) -> Self {
        let has_been_overdue = invoice.mora_since.is_some();
        let carried = invoice.carried();
        let unearned = |amount| if has_been_overdue { Amount::ZERO } else { amount };
        Self {
            last_number: invoice.number,
            last_nominal_due: Some(invoice.nominal_due),
            charged: invoice.booked(),
            paid: invoice.paid,
            waived: invoice.waived,
            carried,
            earned: if has_been_overdue { invoice.interest } else { invoice.paid.interest },
            waived_unearned: unearned(invoice.waived.interest),
            carried_unearned: unearned(carried.interest),
        }
    }

    /// What is owed on the books: mora up to each invoice's last event.
    pub fn receivable(&self) -> Split {
        self.charged - self.paid - self.waived - self.carried
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.last_number = self.last_number.max(other.last_number);
        self.last_nominal_due = self.last_nominal_due.max(other.last_nominal_due);
        self.charged += other.charged;
        self.paid += other.paid;
        self.waived += other.waived;
        self.carried += other.carried;
        self.earned += other.earned;
        self.waived_unearned += other.waived_unearned;
        self.carried_unearned += other.carried_unearned;
    }
}
