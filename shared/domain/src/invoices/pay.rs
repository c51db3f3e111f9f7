use jiff::civil::Date;

use crate::ids::PaymentId;
use crate::ledger::{Applied, Changed, Command, CommandError};
use crate::loans::loan::Loan;
use crate::money::Amount;

/// A payment that arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PaymentCommand {
    pub payment: PaymentId,
    pub amount: Amount,
    /// The date on which the money counts as paid.
    pub value_date: Date,
    /// The invoice that the payer named; the oldest open one otherwise.
    pub invoice: Option<u16>,
    /// The payment is meant to end the contract early: interest not yet earned is not charged.
    pub payoff: bool,
}

impl PaymentCommand {
    /// As the journal keeps it.
    pub const fn command(&self) -> Command {
        let Self { payment, amount, value_date: on, invoice, payoff } = *self;
        Command::Pay { payment, amount, on, invoice, payoff }
    }
}

impl Loan {
    /// Allocates a payment as of its value date: charges that would not have arisen are taken
    /// back by an adjustment, and what is left past the last invoice becomes credit.
    ///
    /// # Errors
    /// [`CommandError::NeedsHistory`] where something with a later value date is posted already:
    /// the caller loads the journal and calls [`Self::restate`].
    pub fn pay(
        &mut self,
        payment: &PaymentCommand,
        today: Date,
    ) -> Result<Changed<Applied>, CommandError> {
        self.execute(&payment.command(), today)
    }
}
