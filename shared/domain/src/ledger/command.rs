use std::collections::BTreeSet;

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{CommandError, Entry, EntryKind, Recorder};
use crate::ids::{LoanId, PaymentId};
use crate::invoices::{Allocation, Charge, Part};
use crate::loans::loan::{LOAN_VALUE_MAX, Loan};
use crate::loans::status::{Stage, Status, Transition};
use crate::money::{Amount, Percent};

/// Everything that changes the money of a disbursed loan but the calendar. The journal keeps each;
/// the loan is the fold of them in the order of their dates, then of posting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "SCREAMING_SNAKE_CASE", deny_unknown_fields)]
pub enum Command {
    Pay {
        payment: PaymentId,
        amount: Amount,
        on: Date,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        invoice: Option<u16>,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        payoff: bool,
    },
    /// Makes a payment as if it had never been.
    Reverse {
        payment: PaymentId,
        on: Date,
    },
    Waive {
        invoice: u16,
        charge: Charge,
        amount: Amount,
        on: Date,
    },
    /// Gives up a share of every late fee and of all mora.
    WaivePenalties {
        late_fee: Percent,
        mora: Percent,
        on: Date,
    },
    /// Credit paid back to the customer.
    RefundCredit {
        amount: Amount,
        on: Date,
    },
    OfferSettlement {
        amount: Amount,
        on: Date,
        until: Date,
    },
    WriteOff {
        on: Date,
    },
    Renegotiate {
        to: LoanId,
        on: Date,
    },
}

/// What a command did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Applied {
    pub allocations: Vec<Allocation>,
    /// What went to the customer's credit.
    pub credited: Amount,
    pub stage: Stage,
}

impl Command {
    /// The value date.
    pub const fn on(&self) -> Date {
        match self {
            Self::Pay { on, .. }
            | Self::Reverse { on, .. }
            | Self::Waive { on, .. }
            | Self::WaivePenalties { on, .. }
            | Self::RefundCredit { on, .. }
            | Self::OfferSettlement { on, .. }
            | Self::WriteOff { on }
            | Self::Renegotiate { on, .. } => *on,
        }
    }

    /// A history, in posting order, as it is to be applied: by value date, without the payments
    /// that were reversed.
    pub(crate) fn in_effect(history: &[Self]) -> Vec<&Self> {
        let reversed: BTreeSet<_> = history
            .iter()
            .filter_map(|command| match command {
                Self::Reverse { payment, .. } => Some(*payment),
                Self::Pay { .. }
                | Self::Waive { .. }
                | Self::WaivePenalties { .. }
                | Self::RefundCredit { .. }
                | Self::OfferSettlement { .. }
                | Self::WriteOff { .. }
                | Self::Renegotiate { .. } => None,
            })
            .collect();
        let mut commands: Vec<_> = history
            .iter()
            .filter(|command| match command {
                Self::Pay { payment, .. } => !reversed.contains(payment),
                Self::Reverse { .. } => false,
                Self::Waive { .. }
                | Self::WaivePenalties { .. }
                | Self::RefundCredit { .. }
                | Self::OfferSettlement { .. }
                | Self::WriteOff { .. }
                | Self::Renegotiate { .. } => true,
            })
            .collect();
        commands.sort_by_key(|command| command.on());
        commands
    }
}

impl Loan {
    /// Whether the command is possible on the state as of its date.
    pub(crate) fn check(&self, command: &Command) -> Result<(), CommandError> {
        let on = command.on();
        match *command {
            Command::Pay { amount, invoice, payoff, .. } => {
                self.check_amount(amount)?;
                if let Some(number) = invoice {
                    self.open_index(number).ok_or(CommandError::InvoiceNotOpen { number })?;
                }
                if payoff {
                    let payable = self.payoff_quote(on)?.payable;
                    if amount < payable {
                        return Err(CommandError::BelowPayoff { payable });
                    }
                }
            }
            Command::Waive { invoice: number, charge, amount, .. } => {
                self.check_amount(amount)?;
                let index =
                    self.open_index(number).ok_or(CommandError::InvoiceNotOpen { number })?;
                let owed = self.invoices[index].owed(self.accrual_date(on), &self.terms);
                if amount > owed.get(charge.part()) {
                    return Err(CommandError::ExceedsOwed { owed: owed.get(charge.part()) });
                }
            }
            Command::WaivePenalties { .. } => {}
            Command::RefundCredit { amount, .. } => {
                self.check_amount(amount)?;
                if amount > self.credit {
                    return Err(CommandError::ExceedsCredit { credit: self.credit });
                }
            }
            Command::OfferSettlement { amount, until, .. } => {
                self.stage.after(Transition::Settle)?;
                self.check_amount(amount)?;
                let owed = self.owed(on).total();
                if amount >= owed {
                    return Err(CommandError::NotASettlement { owed });
                }
                if until < on {
                    return Err(CommandError::UntilTooEarly { on });
                }
            }
            Command::WriteOff { .. } => {
                self.stage.after(Transition::WriteOff)?;
            }
            Command::Renegotiate { .. } => {
                self.stage.after(Transition::Renegotiate)?;
            }
            Command::Reverse { payment, .. } => {
                return Err(CommandError::UnknownPayment { payment });
            }
        }
        Ok(())
    }

    fn check_amount(&self, amount: Amount) -> Result<(), CommandError> {
        if !amount.is_positive() {
            return Err(CommandError::NotPositive);
        }
        if amount <= LOAN_VALUE_MAX && self.terms.is_whole(amount) {
            Ok(())
        } else {
            Err(CommandError::NotAnAmount { currency: self.terms.currency })
        }
    }

    fn open_index(&self, number: u16) -> Option<usize> {
        self.invoices.iter().position(|invoice| invoice.number == number && invoice.is_open())
    }

    /// Applies a command as of its own date. In a restated history a command may find less than
    /// when it was given: it then does what is left to do.
    pub(crate) fn apply(&mut self, command: &Command) -> (Applied, Vec<Entry>) {
        let on = command.on();
        self.fall_overdue(on);
        self.drop_lapsed_settlement(on);
        let mut recorder = Recorder::new(self);
        let mut applied =
            Applied { allocations: Vec::new(), credited: Amount::ZERO, stage: self.stage };
        match *command {
            Command::Pay { amount, invoice, payoff, .. } => {
                self.apply_payment(amount, on, invoice, payoff, &mut applied, &mut recorder);
            }
            Command::Waive { invoice, charge, amount, .. } => {
                self.apply_waiver(invoice, charge.part(), amount, on, &mut recorder);
                recorder.step(self, EntryKind::Waiver, on);
            }
            Command::WaivePenalties { late_fee, mora, .. } => {
                self.apply_penalty_waiver(late_fee, mora, on, &mut recorder);
                recorder.step(self, EntryKind::Waiver, on);
            }
            Command::RefundCredit { amount, .. } => {
                // Paid out is paid out: where the payment behind the credit is reversed later, the
                // credit becomes negative, which is the customer's debt.
                self.credit -= amount;
                self.received -= amount;
                recorder.step(self, EntryKind::Refund, on);
            }
            Command::OfferSettlement { amount, until, .. } => {
                if self.status() == Status::Active {
                    self.apply_offer(amount, on, until);
                    recorder.note(EntryKind::SettlementOffer, on);
                }
            }
            Command::WriteOff { .. } => {
                if self.status() == Status::Active {
                    self.apply_write_off(on, &mut recorder);
                    recorder.step(self, EntryKind::WriteOff, on);
                }
            }
            Command::Renegotiate { to, .. } => {
                if self.status() == Status::Active {
                    self.apply_renegotiation(to, on, &mut recorder);
                    recorder.step(self, EntryKind::Renegotiation, on);
                }
            }
            // A reversal takes effect by leaving its payment out of the history.
            Command::Reverse { .. } => {}
        }
        self.through = self.through.max(Some(on));
        applied.stage = self.stage;
        (applied, recorder.into_entries())
    }

    fn apply_waiver(
        &mut self,
        number: u16,
        part: Part,
        amount: Amount,
        on: Date,
        recorder: &mut Recorder,
    ) {
        let Some(index) = self.open_index(number) else { return };
        let accrual = self.accrual_date(on);
        let invoice = &mut self.invoices[index];
        if part == Part::Mora {
            let mora = invoice.fix_mora(accrual, &self.terms);
            recorder.mora(mora, on);
        }
        let owed = invoice.booked() - invoice.paid - invoice.waived;
        *invoice.waived.get_mut(part) += amount.min(owed.get(part));
        invoice.close_if_paid(on);
        self.complete_if_paid();
    }

    fn apply_penalty_waiver(
        &mut self,
        late_fee: Percent,
        mora: Percent,
        on: Date,
        recorder: &mut Recorder,
    ) {
        let (accrual, terms) = (self.accrual_date(on), self.terms);
        let mut fixed = Amount::ZERO;
        for invoice in self.invoices.iter_mut().filter(|invoice| invoice.is_open()) {
            if mora > Percent::ZERO {
                fixed += invoice.fix_mora(accrual, &terms);
            }
            let owed = invoice.booked() - invoice.paid - invoice.waived;
            for (part, percent) in [(Part::LateFee, late_fee), (Part::Mora, mora)] {
                let percent = percent.value().min(Decimal::ONE_HUNDRED);
                *invoice.waived.get_mut(part) +=
                    terms.share(owed.get(part), percent, Decimal::ONE_HUNDRED);
            }
            invoice.close_if_paid(on);
        }
        recorder.mora(fixed, on);
        self.complete_if_paid();
    }

    fn apply_payment(
        &mut self,
        amount: Amount,
        on: Date,
        invoice: Option<u16>,
        payoff: bool,
        applied: &mut Applied,
        recorder: &mut Recorder,
    ) {
        let is_lost = self.status() == Status::Lost;
        if payoff && self.status() == Status::Active {
            self.apply_payoff(amount, on, recorder);
        }
        self.received += amount;
        let towards = match self.settlement {
            Some(offer) => amount.min(offer.amount - offer.received),
            None => amount,
        };
        let spread = self.allocate(towards, on, invoice);
        let allocated = towards - spread.left;
        applied.credited = amount - allocated;
        self.credit += applied.credited;
        applied.allocations = spread.allocations;
        if let Some(written_off) = self.written_off.as_mut() {
            written_off.recovered += allocated;
        }
        recorder.mora(spread.mora, on);
        self.complete_if_paid();
        let kind = if is_lost { EntryKind::Recovery } else { EntryKind::Payment };
        recorder.step(self, kind, on);
        if let Some(offer) = &mut self.settlement {
            offer.received += allocated;
            if offer.received >= offer.amount {
                self.settle(on, recorder);
                recorder.step(self, EntryKind::SettlementLoss, on);
            }
        }
    }

    /// Gives up what an early payoff does not charge, where the payment is enough for the rest.
    fn apply_payoff(&mut self, amount: Amount, on: Date, recorder: &mut Recorder) {
        let quote = self.quote(on);
        if amount < quote.payable {
            return;
        }
        let mut mora = Amount::ZERO;
        for line in &quote.lines {
            if let Some(index) = self.open_index(line.invoice) {
                let invoice = &mut self.invoices[index];
                mora += invoice.fix_mora(on, &self.terms);
                invoice.waived += line.discount;
                invoice.waived.interest += line.unearned_interest;
                invoice.close_if_paid(on);
            }
        }
        self.settlement = None;
        recorder.mora(mora, on);
        recorder.step(self, EntryKind::Payoff, on);
    }
}
