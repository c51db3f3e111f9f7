use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::InvoiceStatus;
use crate::ledger::{Account, Changed, Entry, EntryKind, Posting};
use crate::loans::loan::Loan;
use crate::loans::status::Status;
use crate::money::Amount;

/// An invoice that became overdue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Overdue {
    pub invoice: u16,
    pub due: Date,
    pub late_fee: Amount,
}

/// What a night changes: one overdue invoice and one entry each, in the order of the due dates.
pub type Advanced = Changed<Vec<Overdue>>;

impl Loan {
    /// Brings an active loan to a business date: every pending invoice due before it becomes
    /// unpaid, with its late fee, once. Changes nothing when it is repeated, for an earlier date,
    /// or for a loan that is not active.
    ///
    /// Mora needs no such step: it is computed ([`super::Invoice::mora`]).
    pub fn advance(&mut self, today: Date) -> Advanced {
        let (overdue, mut entries): (Vec<_>, Vec<_>) = self.fall_overdue(today).into_iter().unzip();
        self.number(&mut entries);
        Changed { outcome: overdue, entries }
    }

    /// [`Self::advance`], with its entries not yet numbered.
    pub(crate) fn fall_overdue(&mut self, today: Date) -> Vec<(Overdue, Entry)> {
        if self.status() != Status::Active {
            return Vec::new();
        }
        let terms = self.terms;
        let mut fallen: Vec<_> = self
            .invoices
            .iter_mut()
            .filter(|invoice| invoice.status == InvoiceStatus::Pending && invoice.due < today)
            .map(|invoice| {
                let unearned = invoice.interest - invoice.paid.interest - invoice.waived.interest;
                invoice.fall_overdue(&terms);
                let overdue = Overdue {
                    invoice: invoice.number,
                    due: invoice.due,
                    late_fee: invoice.late_fee,
                };
                (overdue, transition_entry(overdue, unearned))
            })
            .collect();
        fallen.sort_by_key(|(overdue, _)| (overdue.due, overdue.invoice));
        fallen
    }

    /// Takes back every transition that had not happened yet on `on`. Valid from the date of the
    /// last money event on: nothing rests on those transitions then.
    pub(crate) fn rewind(&mut self, on: Date) {
        if self.status() != Status::Active {
            return;
        }
        for invoice in &mut self.invoices {
            if invoice.status == InvoiceStatus::Unpaid && invoice.due >= on {
                invoice.undo_overdue();
            }
        }
    }
}

/// The late fee, and the interest that is earned because its period is over.
fn transition_entry(overdue: Overdue, unearned: Amount) -> Entry {
    Entry {
        seq: 0,
        kind: EntryKind::Overdue,
        // The first day on which the invoice is overdue, whenever the night runs.
        on: overdue.due.tomorrow().unwrap_or(overdue.due),
        invoice: Some(overdue.invoice),
        postings: [
            Posting::new(Account::LateFeeReceivable, overdue.late_fee),
            Posting::new(Account::LateFeeIncome, -overdue.late_fee),
            Posting::new(Account::UnearnedInterest, unearned),
            Posting::new(Account::InterestIncome, -unearned),
        ]
        .into_iter()
        .filter(|posting| !posting.amount.is_zero())
        .collect(),
    }
}
