use jiff::civil::Date;

use crate::ledger::{Applied, Changed, Command, CommandError, Recorder};
use crate::loans::loan::{Loan, SettlementOffer};
use crate::loans::status::Transition;
use crate::money::Amount;

/// An agreed sum, less than what is owed, that closes the loan when it is paid by a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SettlementCommand {
    pub amount: Amount,
    pub on: Date,
    /// The last value date that counts.
    pub until: Date,
}

impl SettlementCommand {
    /// As the journal keeps it.
    pub const fn command(&self) -> Command {
        let Self { amount, on, until } = *self;
        Command::OfferSettlement { amount, on, until }
    }
}

impl Loan {
    /// Offers a settlement, in place of an earlier one. Payments from now on count towards it and
    /// are allocated as any other; when the sum is complete, the rest is waived. An offer that
    /// lapses has changed nothing.
    pub fn offer_settlement(
        &mut self,
        offer: &SettlementCommand,
        today: Date,
    ) -> Result<Changed<Applied>, CommandError> {
        self.execute(&offer.command(), today)
    }

    /// The offer that stands on a business date.
    ///
    /// One that has lapsed stays stored until the next money event: a payment that the bank
    /// confirms late, with a value date in time, still counts towards it.
    pub fn standing_settlement(&self, on: Date) -> Option<&SettlementOffer> {
        self.settlement.as_ref().filter(|offer| on <= offer.until)
    }

    pub(crate) fn drop_lapsed_settlement(&mut self, on: Date) {
        self.settlement.take_if(|offer| on > offer.until);
    }

    pub(crate) fn apply_offer(&mut self, amount: Amount, on: Date, until: Date) {
        let received = Amount::ZERO;
        self.settlement = Some(SettlementOffer { amount, received, agreed_on: on, until });
    }

    /// Waives everything still owed and ends the loan as settled.
    pub(crate) fn settle(&mut self, on: Date, recorder: &mut Recorder) {
        let mut mora = Amount::ZERO;
        for invoice in self.invoices.iter_mut().filter(|invoice| invoice.is_open()) {
            mora += invoice.fix_mora(on, &self.terms);
            let left = invoice.booked() - invoice.paid - invoice.waived;
            invoice.waived += left;
            self.settlement_loss += left.total();
            if invoice.mora_since.is_none() {
                self.settlement_loss -= left.interest;
            }
            invoice.close_if_paid(on);
        }
        recorder.mora(mora, on);
        self.stage = Transition::Settle.target();
        self.settlement = None;
    }
}
