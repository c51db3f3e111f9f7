//! A loan over its whole life, from request to closure, with its invoices inside.

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::status::{IllegalTransition, Stage, Status, Transition};
use crate::ids::{CustomerId, LoanId};
use crate::invoices::{Explanation, Installment, Invoice, ServicingTerms, Split, days_between};
use crate::ledger::{Changed, CommandError, EntryKind, Recorder, Tally};
use crate::money::Amount;

/// The most invoices that one loan may have.
pub const LOAN_INVOICES: usize = 1_000;

/// The largest sum of a contract, and the largest payment: 10¹² major units.
pub const LOAN_VALUE_MAX: Amount =
    Amount::new(Decimal::from_parts(3_567_587_328, 232, 0, false, 0));

/// One contract. Its money is the fold of its commands ([`crate::ledger::Command`]) over the state
/// in which it was activated; nothing else changes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Loan {
    pub id: LoanId,
    pub customer: CustomerId,
    pub stage: Stage,
    pub terms: ServicingTerms,
    /// Asked for, then contracted: Σ principal of the invoices.
    pub principal: Amount,
    /// Contract interest: Σ interest of the invoices; zero until activation.
    pub interest: Amount,
    /// New money lent: the principal, or zero for a loan that replaces another.
    pub disbursed: Amount,
    /// Kept back from the disbursement.
    pub fees_withheld: Amount,
    /// Book value taken over from the loan that this one replaces.
    pub transferred_in: Amount,
    /// The date of the disbursement or of the renegotiation.
    pub start: Option<Date>,
    /// The value date of the last money event.
    pub through: Option<Date>,
    /// The open invoices and the closed ones not yet evicted, by number.
    pub invoices: Vec<Invoice>,
    /// The closed invoices that are no longer held here.
    pub evicted: Tally,
    /// All payments kept: reversed and refunded ones are not in it.
    pub received: Amount,
    /// What the customer paid beyond the last invoice; negative where it was paid back and the
    /// payment behind it was reversed.
    pub credit: Amount,
    pub settlement: Option<SettlementOffer>,
    /// The part of the waivers that closed a settlement, without interest not yet earned.
    pub settlement_loss: Amount,
    pub written_off: Option<WrittenOff>,
    pub renegotiated_from: Option<LoanId>,
    pub renegotiated_to: Option<LoanId>,
    /// The first loan of a chain of renegotiations; the loan itself where there was none.
    pub root: LoanId,
    /// Journal entries so far; the last one's number.
    pub seq: u32,
}

/// An agreed sum that closes the loan when it is paid by a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SettlementOffer {
    pub amount: Amount,
    /// Paid towards it so far.
    pub received: Amount,
    pub agreed_on: Date,
    /// The last value date that counts.
    pub until: Date,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WrittenOff {
    pub on: Date,
    /// Paid since.
    pub recovered: Amount,
}

/// The disbursement of an approved loan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Activation {
    pub on: Date,
    /// In the order of their due dates; Σ principal is the loan's principal.
    pub installments: Vec<Installment>,
    pub fees_withheld: Amount,
}

impl Loan {
    /// A request, at the start of its onboarding.
    pub fn request(
        id: LoanId,
        customer: CustomerId,
        principal: Amount,
        terms: ServicingTerms,
    ) -> Self {
        Self {
            id,
            customer,
            stage: Stage::Onboarding,
            terms,
            principal,
            interest: Amount::ZERO,
            disbursed: Amount::ZERO,
            fees_withheld: Amount::ZERO,
            transferred_in: Amount::ZERO,
            start: None,
            through: None,
            invoices: Vec::new(),
            evicted: Tally::default(),
            received: Amount::ZERO,
            credit: Amount::ZERO,
            settlement: None,
            settlement_loss: Amount::ZERO,
            written_off: None,
            renegotiated_from: None,
            renegotiated_to: None,
            root: id,
            seq: 0,
        }
    }

    pub const fn status(&self) -> Status {
        self.stage.status()
    }

    /// Moves a request through origination (everything up to disbursement).
    ///
    /// The transitions that move money are methods of their own: [`Self::activate`],
    /// [`Self::pay`], [`Self::renegotiate`], [`Self::write_off`].
    pub fn originate(&mut self, transition: Transition) -> Result<(), IllegalTransition> {
        let after = self.stage.after(transition)?;
        if matches!(after.status(), Status::Open | Status::Approved | Status::Unapproved) {
            self.stage = after;
            Ok(())
        } else {
            let allowed = self.stage.allowed();
            Err(IllegalTransition { from: self.stage, transition, allowed })
        }
    }

    /// Disburses an approved loan: creates its invoices and the first journal entry.
    ///
    /// The loan as it is afterwards is the opening that [`Self::replay`] starts from.
    pub fn activate(&mut self, activation: &Activation) -> Result<Changed<()>, CommandError> {
        let stage = self.stage.after(Transition::Activate)?;
        check_installments(&activation.installments, activation.on, &self.terms)?;
        let principal = activation.installments.iter().map(|row| row.principal).sum::<Amount>();
        if principal != self.principal {
            return Err(CommandError::PrincipalMismatch { expected: self.principal, principal });
        }
        let fees = activation.fees_withheld;
        if fees.is_negative() || fees > principal || !self.terms.is_whole(fees) {
            return Err(CommandError::Fees);
        }
        let bases: Vec<_> = activation.installments.iter().map(Installment::value).collect();
        let recorder = Recorder::new(self);
        self.stage = stage;
        self.disbursed = principal;
        self.fees_withheld = fees;
        self.open_books(activation.on, &activation.installments, &bases);
        Ok(self.record(recorder, EntryKind::Disbursement, activation.on))
    }

    /// Creates the invoices; `bases` are their accrual bases, one each.
    pub(crate) fn open_books(&mut self, on: Date, rows: &[Installment], bases: &[Amount]) {
        self.start = Some(on);
        self.through = Some(on);
        self.interest = rows.iter().map(|row| row.interest).sum();
        self.invoices = (1..)
            .zip(rows.iter().zip(bases))
            .map(|(number, (row, base))| {
                let mut invoice = Invoice::new(number, *row, *base);
                invoice.close_if_paid(on);
                invoice
            })
            .collect();
    }

    pub fn invoice(&self, number: u16) -> Option<&Invoice> {
        self.invoices.iter().find(|invoice| invoice.number == number)
    }

    pub fn open_invoices(&self) -> impl Iterator<Item = &Invoice> {
        self.invoices.iter().filter(|invoice| invoice.is_open())
    }

    /// Invoices of the contract, evicted ones included.
    pub fn invoice_count(&self) -> usize {
        usize::from(self.evicted.last_number) + self.invoices.len()
    }

    /// The earliest due date of an open invoice of an active loan: what the night looks for.
    pub fn oldest_open_due(&self) -> Option<Date> {
        if self.status() != Status::Active {
            return None;
        }
        self.open_invoices().map(|invoice| invoice.due).min()
    }

    /// When a contract that is over ended: paid or settled with its last invoice, or written off.
    pub fn ended_on(&self) -> Option<Date> {
        match self.status() {
            Status::Paid => {
                let closed = self.invoices.iter().filter_map(|invoice| invoice.closed_on).max();
                closed.or(self.through)
            }
            Status::Lost => self.written_off.map(|written_off| written_off.on),
            Status::Open
            | Status::Approved
            | Status::Active
            | Status::Unapproved
            | Status::Renegotiated => None,
        }
    }

    /// Days past due on a business date, from the moved due date; 0 on the due date.
    pub fn days_past_due(&self, on: Date) -> i64 {
        self.oldest_open_due().map_or(0, |due| days_between(due, on).max(0))
    }

    /// The date up to which charges grow: they stop when the loan is written off.
    pub fn accrual_date(&self, on: Date) -> Date {
        self.written_off.map_or(on, |written_off| on.min(written_off.on))
    }

    /// What is owed on a business date over all invoices.
    pub fn owed(&self, on: Date) -> Split {
        let on = self.accrual_date(on);
        self.invoices.iter().map(|invoice| invoice.owed(on, &self.terms)).sum()
    }

    /// Whether nothing is owed any more: what a no-objection certificate says.
    pub fn is_clear(&self) -> bool {
        self.status() == Status::Paid && !self.credit.is_negative()
    }

    /// How the charges of an invoice come about on a business date.
    pub fn explain(&self, number: u16, on: Date) -> Option<Explanation> {
        self.invoice(number).map(|invoice| invoice.explain(self.accrual_date(on), &self.terms))
    }

    /// `cachedTotalValuePaid`: all payments kept.
    pub const fn total_value_paid(&self) -> Amount {
        self.received
    }

    /// `cachedTotalValueToBreakeven`: what is missing until the money lent is back.
    pub fn total_value_to_breakeven(&self) -> Amount {
        (self.disbursed - self.received).or_zero()
    }

    /// Moves closed invoices out, oldest first, until `keep` closed ones are left before the first
    /// open one; what they add up to stays in [`Self::evicted`]. Returns them in order.
    pub fn evict_closed(&mut self, keep: usize) -> Vec<Invoice> {
        let closed = self.invoices.iter().take_while(|invoice| !invoice.is_open()).count();
        let out: Vec<_> = self.invoices.drain(..closed.saturating_sub(keep)).collect();
        for invoice in &out {
            self.evicted += Tally::of(invoice);
        }
        out
    }

    /// What all invoices add up to on the books, held or evicted.
    pub fn sums(&self) -> Tally {
        self.invoices.iter().map(Tally::of).fold(self.evicted, |mut sums, tally| {
            sums += tally;
            sums
        })
    }

    /// The date from which an invoice's interest is earned: the nominal due date before it.
    pub(crate) fn period_start(&self, number: u16) -> Option<Date> {
        let previous = number.checked_sub(1)?;
        if previous == 0 {
            return self.start;
        }
        match self.invoice(previous) {
            Some(invoice) => Some(invoice.nominal_due),
            None => self.evicted.last_nominal_due,
        }
    }

    /// Ends the loan as paid when its last open invoice is closed.
    pub(crate) fn complete_if_paid(&mut self) {
        if self.invoices.iter().any(Invoice::is_open) {
            return;
        }
        let transition = match self.status() {
            Status::Active => Transition::Complete,
            Status::Lost => Transition::Recover,
            Status::Open
            | Status::Approved
            | Status::Paid
            | Status::Unapproved
            | Status::Renegotiated => return,
        };
        self.stage = transition.target();
        self.settlement = None;
    }
}

/// Checks a schedule: not empty, in order, whole minor units, none negative, within bounds.
pub(crate) fn check_installments(
    rows: &[Installment],
    start: Date,
    terms: &ServicingTerms,
) -> Result<(), CommandError> {
    if rows.is_empty() || rows.len() > LOAN_INVOICES {
        return Err(CommandError::InstallmentCount);
    }
    let mut before = start;
    for row in rows {
        if row.due < before {
            return Err(CommandError::InstallmentOrder { due: row.due });
        }
        before = row.due;
        for amount in [row.principal, row.interest] {
            if amount.is_negative() || !terms.is_whole(amount) {
                return Err(CommandError::InstallmentAmount { amount });
            }
        }
    }
    // Each addend is checked before it is added, so that the sum cannot overflow.
    let mut total = Amount::ZERO;
    for row in rows {
        if row.principal > LOAN_VALUE_MAX || row.interest > LOAN_VALUE_MAX {
            return Err(CommandError::InstallmentAmount {
                amount: row.principal.max(row.interest),
            });
        }
        total += row.value();
    }
    if total > LOAN_VALUE_MAX || !total.is_positive() {
        return Err(CommandError::InstallmentAmount { amount: total });
    }
    Ok(())
}
