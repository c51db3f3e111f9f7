use std::collections::BTreeMap;

use jiff::civil::Date;

use super::Command;
use crate::calendar::Month;
use crate::figures::figures;
use crate::invoices::Invoice;
use crate::loans::loan::Loan;
use crate::loans::status::Stage;
use crate::money::Amount;

figures! {
    /// What money events brought about: of a loan so far, or of many loans in a month. Unlike a
    /// [`super::Position`], the calendar alone never changes it.
    Flows
    counts {
        /// Contracts that new money was lent on.
        disbursed_loans = "nD",
        /// Contracts that replaced others.
        replacing_loans = "nN",
        renegotiated_loans = "nR",
        written_off_loans = "nW",
        /// Paid in full.
        completed_loans = "nP",
        settled_loans = "nS",
        /// Payments, without those taken back.
        payments = "nC",
    }
    amounts {
        /// New money lent.
        disbursed = "aD",
        fees_withheld = "aF",
        contract_interest = "aI",
        /// All payments kept: what was allocated, and credit.
        received = "rC",
        paid_principal = "pP",
        paid_interest = "pI",
        paid_late_fee = "pL",
        paid_mora = "pM",
        credit = "cR",
        /// Given up, settlements included.
        waived = "wA",
        settlement_loss = "wS",
        /// Owed when the loan was written off.
        written_off = "wO",
        /// Paid since then.
        recovered = "wR",
        /// What left with renegotiations.
        renegotiated = "rN",
    }
}

/// Sums by month.
pub type FlowsByMonth = BTreeMap<Month, Flows>;

impl Loan {
    /// What the loan's money events have brought about so far. Payments are counted by their
    /// commands: [`flow_steps`].
    pub fn flows(&self) -> Flows {
        let sums = self.sums();
        let is_new_money = self.start.is_some() && self.renegotiated_from.is_none();
        let written_off = self.written_off.map(|lost| self.owed(lost.on).total() + lost.recovered);
        Flows {
            disbursed_loans: i64::from(is_new_money),
            replacing_loans: i64::from(self.renegotiated_from.is_some()),
            renegotiated_loans: i64::from(self.stage == Stage::Renegotiated),
            written_off_loans: i64::from(self.written_off.is_some()),
            completed_loans: i64::from(self.stage == Stage::Completed),
            settled_loans: i64::from(self.stage == Stage::Settled),
            payments: 0,
            disbursed: self.disbursed,
            fees_withheld: self.fees_withheld,
            contract_interest: self.interest,
            received: self.received,
            paid_principal: sums.paid.principal,
            paid_interest: sums.paid.interest,
            paid_late_fee: sums.paid.late_fee,
            paid_mora: sums.paid.mora,
            credit: self.credit,
            waived: sums.waived.total(),
            settlement_loss: self.settlement_loss,
            written_off: written_off.unwrap_or_default(),
            recovered: self.written_off.map(|lost| lost.recovered).unwrap_or_default(),
            renegotiated: sums.carried.total(),
        }
    }
}

impl Flows {
    /// What commands that were posted together changed, of which the loan's own state tells all but
    /// the number of payments.
    pub fn between(before: Self, after: Self, commands: &[Command]) -> Self {
        let mut change = after;
        change -= before;
        change.payments = commands
            .iter()
            .map(|command| match command {
                Command::Pay { .. } => 1,
                Command::Reverse { .. } => -1,
                Command::Waive { .. }
                | Command::WaivePenalties { .. }
                | Command::RefundCredit { .. }
                | Command::OfferSettlement { .. }
                | Command::WriteOff { .. }
                | Command::Renegotiate { .. } => 0,
            })
            .sum();
        change
    }
}

/// What each posting of a loan changed, with its value date: first the opening, then each slice of
/// commands that were posted together, in posting order. A posting is counted whole on its last
/// command's value date, what it changed of earlier postings included.
pub fn flow_steps<'h>(
    opening: &Loan,
    postings: impl IntoIterator<Item = &'h [Command]>,
) -> Vec<(Date, Flows)> {
    let Some(start) = opening.start else { return Vec::new() };
    let mut steps = vec![(start, Flows::between(Flows::default(), opening.flows(), &[]))];
    let mut loan = opening.clone();
    let mut history: Vec<Command> = Vec::new();
    let mut last = start;
    for posting in postings {
        let Some(on) = posting.last().map(Command::on) else { continue };
        let before = loan.flows();
        let mut is_in_order = true;
        for command in posting {
            is_in_order &= command.on() >= last && !matches!(command, Command::Reverse { .. });
            last = last.max(command.on());
        }
        history.extend_from_slice(posting);
        if is_in_order {
            for command in posting {
                loan.apply(command);
            }
        } else {
            loan = Loan::replay(opening, &history);
        }
        steps.push((on, Flows::between(before, loan.flows(), posting)));
    }
    steps
}

/// The steps of [`flow_steps`] by month.
pub fn flows_by_month<'h>(
    opening: &Loan,
    postings: impl IntoIterator<Item = &'h [Command]>,
) -> FlowsByMonth {
    let mut months = FlowsByMonth::new();
    for (on, flows) in flow_steps(opening, postings) {
        *months.entry(Month::of(on)).or_default() += flows;
    }
    months
}

/// What invoices ask for, principal and interest, by due date.
pub fn due_by_day<'i>(
    invoices: impl IntoIterator<Item = &'i Invoice>,
) -> impl Iterator<Item = (Date, Amount)> {
    invoices.into_iter().map(|invoice| (invoice.due, invoice.value()))
}

/// What of it left with a renegotiation: the invoices of the new loan ask for that.
pub fn carried_by_day<'i>(
    invoices: impl IntoIterator<Item = &'i Invoice>,
) -> impl Iterator<Item = (Date, Amount)> {
    invoices.into_iter().map(|invoice| (invoice.due, invoice.carried().value()))
}

/// [`due_by_day`] by month.
pub fn due_by_month<'i>(
    invoices: impl IntoIterator<Item = &'i Invoice>,
) -> BTreeMap<Month, Amount> {
    by_month(due_by_day(invoices))
}

/// [`carried_by_day`] by month.
pub fn carried_by_month<'i>(
    invoices: impl IntoIterator<Item = &'i Invoice>,
) -> BTreeMap<Month, Amount> {
    by_month(carried_by_day(invoices))
}

fn by_month(days: impl Iterator<Item = (Date, Amount)>) -> BTreeMap<Month, Amount> {
    let mut months = BTreeMap::new();
    for (day, amount) in days {
        *months.entry(Month::of(day)).or_default() += amount;
    }
    months
}
