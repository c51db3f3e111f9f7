use jiff::civil::Date;

use crate::ids::LoanId;
use crate::invoices::{Installment, Invoice, InvoiceStatus, ServicingTerms};
use crate::ledger::{
    Applied, Changed, Command, CommandError, Entry, EntryKind, Recorder, transferred_out,
};
use crate::loans::loan::{Loan, check_installments};
use crate::loans::status::{Stage, Transition};
use crate::money::{Amount, Rounding, split};

/// The replacement of a loan's open invoices. A down payment is a payment on the old loan, made
/// before; late fees, mora, new interest and a discount are in the installments' values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenegotiationCommand {
    pub to: LoanId,
    pub on: Date,
    /// In the order of their due dates.
    pub installments: Vec<Installment>,
    /// The new loan's terms.
    pub terms: ServicingTerms,
}

/// The old loan's change, and the new loan, active at once, with its first journal entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Renegotiated {
    pub closed: Changed<Applied>,
    pub loan: Loan,
    pub opening: Vec<Entry>,
}

impl Loan {
    /// Closes the open invoices as renegotiated (what was paid stays paid) and creates the loan
    /// that replaces them.
    ///
    /// Late fee and mora of the new invoices are charged on their share of what is still owed of
    /// the root loan's value, never on the renegotiated value.
    pub fn renegotiate(
        &mut self,
        command: &RenegotiationCommand,
        today: Date,
    ) -> Result<Renegotiated, CommandError> {
        let RenegotiationCommand { to, on, ref installments, terms } = *command;
        check_installments(installments, on, &terms)?;
        if terms.currency != self.terms.currency {
            return Err(CommandError::Currency { expected: self.terms.currency });
        }
        let mut old = self.clone();
        let closed = old.execute(&Command::Renegotiate { to, on }, today)?;
        // The bases of the invoices that this one replaces, not of earlier renegotiations.
        let base = self.renegotiation_base();
        let values: Vec<_> = installments.iter().map(Installment::value).collect();
        let cents = Rounding::to_minor_unit(terms.rounding_mode(), terms.currency);
        let bases = split(base, &values, cents)
            .map_err(|_| CommandError::InstallmentAmount { amount: base })?;

        let principal = installments.iter().map(|row| row.principal).sum();
        let mut loan = Self::request(to, self.customer, principal, terms);
        let recorder = Recorder::new(&loan);
        loan.stage = Stage::Disbursed;
        loan.renegotiated_from = Some(self.id);
        loan.root = self.root;
        loan.transferred_in = transferred_out(&old);
        loan.open_books(on, installments, &bases);
        let opening = loan.record(recorder, EntryKind::Renegotiation, on).entries;
        *self = old;
        Ok(Renegotiated { closed, loan, opening })
    }

    /// What late fee and mora of a renegotiation may be charged on: the original value still owed.
    pub fn renegotiation_base(&self) -> Amount {
        self.open_invoices().map(Invoice::remaining_base).sum()
    }

    pub(crate) fn apply_renegotiation(&mut self, to: LoanId, on: Date, recorder: &mut Recorder) {
        let mut mora = Amount::ZERO;
        for invoice in self.invoices.iter_mut().filter(|invoice| invoice.is_open()) {
            mora += invoice.fix_mora(on, &self.terms);
            invoice.status = InvoiceStatus::Renegotiated;
            invoice.closed_on = Some(on);
        }
        recorder.mora(mora, on);
        self.stage = Transition::Renegotiate.target();
        self.renegotiated_to = Some(to);
        self.settlement = None;
    }
}
