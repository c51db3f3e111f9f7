use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::Split;
use crate::loans::loan::Loan;
use crate::money::Amount;

/// What one invoice gets of a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Allocation {
    pub invoice: u16,
    pub paid: Split,
    /// Whether it is paid in full by this.
    pub closed: bool,
}

/// A payment spread over invoices.
#[derive(Debug, Default)]
pub(crate) struct Allocated {
    pub allocations: Vec<Allocation>,
    /// Mora closed at the payment's date on the invoices that got some of it.
    pub mora: Amount,
    pub left: Amount,
}

impl Loan {
    /// The positions of the open invoices, oldest due date first, `first` before all others.
    pub(crate) fn open_in_order(&self, first: Option<u16>) -> Vec<usize> {
        let mut open: Vec<_> =
            (0..self.invoices.len()).filter(|index| self.invoices[*index].is_open()).collect();
        open.sort_by_key(|index| {
            let invoice = &self.invoices[*index];
            (Some(invoice.number) != first, invoice.due, invoice.number)
        });
        open
    }

    /// Spreads `amount` over the open invoices as of `on`, in the product's order within each; an
    /// invoice that gets some has its mora closed at that date.
    pub(crate) fn allocate(&mut self, amount: Amount, on: Date, first: Option<u16>) -> Allocated {
        let mut spread = Allocated { left: amount, ..Allocated::default() };
        let accrual = self.accrual_date(on);
        for index in self.open_in_order(first) {
            if !spread.left.is_positive() {
                break;
            }
            let invoice = &mut self.invoices[index];
            spread.mora += invoice.fix_mora(accrual, &self.terms);
            let left = invoice.booked() - invoice.paid - invoice.waived;
            let paid = left.fill(spread.left, self.terms.allocation.parts());
            invoice.paid += paid;
            spread.left -= paid.total();
            let closed = invoice.close_if_paid(on);
            spread.allocations.push(Allocation { invoice: invoice.number, paid, closed });
        }
        spread
    }
}
