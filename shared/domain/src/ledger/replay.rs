use jiff::civil::Date;

use super::{Applied, Balances, Changed, Command, CommandError, Entry, EntryKind};
use crate::ids::PaymentId;
use crate::loans::loan::Loan;
use crate::money::Amount;

impl Loan {
    /// The loan as the fold of a history (in posting order) over its opening: the state right
    /// after activation, or as a renegotiation created it. As of the last command's date; call
    /// [`Self::advance`] for today.
    pub fn replay(opening: &Self, history: &[Command]) -> Self {
        let mut loan = opening.clone();
        for command in Command::in_effect(history) {
            loan.apply(command);
        }
        loan
    }

    /// Executes a command whose date is not before the last event's. On an error nothing changes.
    pub(crate) fn execute(
        &mut self,
        command: &Command,
        today: Date,
    ) -> Result<Changed<Applied>, CommandError> {
        self.check_date(command, today)?;
        let on = command.on();
        if let Some(through) = self.through.filter(|through| on < *through) {
            return Err(CommandError::NeedsHistory { through });
        }
        let mut loan = self.clone();
        let mut entries = loan.due_entries(today);
        let before = loan.balances();
        loan.rewind(on);
        loan.check(command)?;
        let (outcome, applied) = loan.apply(command);
        loan.fall_overdue(today);
        entries.extend(applied.iter().cloned());
        entries.extend(adjustment(&loan, &before, &applied, today));
        loan.number(&mut entries);
        *self = loan;
        Ok(Changed { outcome, entries })
    }

    /// Executes a command dated before something already posted, or a reversal: the loan becomes
    /// what it would be had the command come in its place, and the difference is posted.
    ///
    /// `opening` as for [`Self::replay`]; `history` is every command posted so far, in posting
    /// order. All invoices are held in the loan afterwards; the caller evicts again.
    pub fn restate(
        &mut self,
        opening: &Self,
        history: &[Command],
        command: &Command,
        today: Date,
    ) -> Result<Changed<Applied>, CommandError> {
        self.check_date(command, today)?;
        if let Command::Reverse { payment, .. } = *command
            && !is_payment(history, payment)
        {
            return Err(CommandError::UnknownPayment { payment });
        }
        let mut present = self.clone();
        let mut entries = present.due_entries(today);
        let before = present.balances();

        let mut whole = history.to_vec();
        whole.push(command.clone());
        let mut loan = opening.clone();
        let mut outcome = None;
        let mut posted = Vec::new();
        for step in Command::in_effect(&whole) {
            let is_new = std::ptr::eq(step, &whole[history.len()]);
            if is_new {
                loan.fall_overdue(step.on());
                loan.drop_lapsed_settlement(step.on());
                loan.check(step)?;
            }
            let (applied, step_entries) = loan.apply(step);
            if is_new {
                outcome = Some(applied);
                posted = step_entries;
            }
        }
        loan.fall_overdue(today);
        loan.seq = self.seq;
        let outcome = outcome.unwrap_or(Applied {
            allocations: Vec::new(),
            credited: Amount::ZERO,
            stage: loan.stage,
        });
        entries.extend(posted.iter().cloned());
        entries.extend(adjustment(&loan, &before, &posted, today).map(|entry| match command {
            Command::Reverse { .. } => Entry { kind: EntryKind::Reversal, ..entry },
            Command::Pay { .. }
            | Command::Waive { .. }
            | Command::WaivePenalties { .. }
            | Command::RefundCredit { .. }
            | Command::OfferSettlement { .. }
            | Command::WriteOff { .. }
            | Command::Renegotiate { .. } => entry,
        }));
        loan.number(&mut entries);
        *self = loan;
        Ok(Changed { outcome: Applied { stage: self.stage, ..outcome }, entries })
    }

    /// Pays credit back to the customer.
    pub fn refund_credit(
        &mut self,
        amount: Amount,
        on: Date,
        today: Date,
    ) -> Result<Changed<Applied>, CommandError> {
        self.execute(&Command::RefundCredit { amount, on }, today)
    }

    fn check_date(&self, command: &Command, today: Date) -> Result<(), CommandError> {
        if let Some(by) = self.renegotiated_to {
            return Err(CommandError::Replaced { by });
        }
        let Some(start) = self.start else {
            return Err(CommandError::NotPayable { status: self.status() });
        };
        if command.on() > today {
            return Err(CommandError::InTheFuture { today });
        }
        if command.on() < start {
            return Err(CommandError::BeforeStart { start });
        }
        Ok(())
    }

    fn due_entries(&mut self, today: Date) -> Vec<Entry> {
        self.fall_overdue(today).into_iter().map(|(_, entry)| entry).collect()
    }
}

/// What changed besides the entries of the command itself.
fn adjustment(loan: &Loan, before: &Balances, posted: &[Entry], today: Date) -> Option<Entry> {
    let mut change = loan.balances();
    change -= before;
    change -= &Balances::of(posted);
    (!change.is_empty()).then(|| Entry::of(EntryKind::Adjustment, today, &change))
}

fn is_payment(history: &[Command], wanted: PaymentId) -> bool {
    Command::in_effect(history)
        .iter()
        .any(|command| matches!(command, Command::Pay { payment, .. } if *payment == wanted))
}
