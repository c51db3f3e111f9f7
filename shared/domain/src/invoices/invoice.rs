use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{ServicingTerms, Split, days_between};
use crate::loans::schedule;
use crate::money::{Amount, Percent, RoundingMode};

/// The state of one invoice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum InvoiceStatus {
    /// Not overdue, or overdue since the last night's run.
    Pending,
    /// Overdue: its late fee is charged and mora grows.
    Unpaid,
    Paid,
    /// Replaced by the invoices of another loan.
    Renegotiated,
    Cancelled,
}

/// What an invoice is to be: a row of a schedule, of an import or of a renegotiation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Installment {
    pub nominal_due: Date,
    /// The nominal date, moved off the brand's non-repayment dates.
    pub due: Date,
    pub principal: Amount,
    pub interest: Amount,
}

impl From<&schedule::Installment> for Installment {
    /// Fees collected with an installment are part of its interest.
    fn from(row: &schedule::Installment) -> Self {
        Self {
            nominal_due: row.nominal_due_date,
            due: row.due_date,
            principal: row.principal,
            interest: row.interest + row.fees,
        }
    }
}

impl Installment {
    pub fn value(&self) -> Amount {
        self.principal + self.interest
    }
}

/// One installment of a loan with its charges and payments.
///
/// Mora is not stored day by day: `mora_fixed` is what had grown up to `mora_since`, and what has
/// grown since then is computed ([`Invoice::mora`]).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Invoice {
    /// From 1, in the order of the due dates.
    pub number: u16,
    pub nominal_due: Date,
    pub due: Date,
    pub principal: Amount,
    pub interest: Amount,
    /// What late fee and mora are charged on: the installment's value, or for a renegotiated loan
    /// this invoice's share of the root loan's value.
    pub base: Amount,
    pub status: InvoiceStatus,
    pub late_fee: Amount,
    /// Mora up to `mora_since`.
    pub mora_fixed: Amount,
    /// The due date once the invoice is overdue, then the date of the last event that fixed its
    /// mora. Kept when it is closed: `Some` means that it has been overdue.
    pub mora_since: Option<Date>,
    pub paid: Split,
    pub waived: Split,
    pub closed_on: Option<Date>,
}

/// How the mora of an invoice comes about, for a person to check by hand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Explanation {
    pub on: Date,
    pub due: Date,
    pub days_overdue: i64,
    pub late_fee_base: Amount,
    pub late_fee_percent: Percent,
    pub late_fee: Amount,
    /// Mora up to the last payment or waiver.
    pub mora_until: Amount,
    pub mora_since: Date,
    pub mora_days: i64,
    /// The part of the accrual base not yet paid.
    pub mora_base: Amount,
    pub mora_monthly_percent: Percent,
    /// `mora_monthly_percent / 30 / 100 × mora_base × mora_days`, before rounding.
    pub mora_unrounded: Amount,
    pub rounding: RoundingMode,
    /// `mora_until` + `mora_unrounded` rounded to the minor unit.
    pub mora: Amount,
    pub paid: Split,
    pub waived: Split,
    pub owed: Split,
}

impl Invoice {
    pub fn new(number: u16, installment: Installment, base: Amount) -> Self {
        Self {
            number,
            nominal_due: installment.nominal_due,
            due: installment.due,
            principal: installment.principal,
            interest: installment.interest,
            base,
            status: InvoiceStatus::Pending,
            late_fee: Amount::ZERO,
            mora_fixed: Amount::ZERO,
            mora_since: None,
            paid: Split::default(),
            waived: Split::default(),
            closed_on: None,
        }
    }

    /// Principal and interest, as contracted.
    pub fn value(&self) -> Amount {
        self.principal + self.interest
    }

    pub const fn is_open(&self) -> bool {
        matches!(self.status, InvoiceStatus::Pending | InvoiceStatus::Unpaid)
    }

    /// Whether it is overdue on a business date, whichever night's run is stored.
    pub fn is_overdue(&self, on: Date) -> bool {
        self.is_open() && self.due < on
    }

    /// The part of the accrual base not yet paid. A payment of interest or principal reduces it one
    /// for one, so it never exceeds what is unpaid where the base did not exceed the value.
    pub fn remaining_base(&self) -> Amount {
        (self.base - self.paid.value() - self.waived.value()).or_zero()
    }

    /// The late fee charged as of a business date.
    pub fn late_fee_on(&self, on: Date, terms: &ServicingTerms) -> Amount {
        match self.status {
            InvoiceStatus::Pending if self.due < on => terms.late_fee_on(self.base),
            InvoiceStatus::Unpaid if self.due >= on && !self.is_touched_overdue() => Amount::ZERO,
            InvoiceStatus::Pending
            | InvoiceStatus::Unpaid
            | InvoiceStatus::Paid
            | InvoiceStatus::Renegotiated
            | InvoiceStatus::Cancelled => self.late_fee,
        }
    }

    /// Whether a payment or waiver rests on the invoice's being overdue, so that its charges stand
    /// on any date.
    fn is_touched_overdue(&self) -> bool {
        self.mora_since != Some(self.due) || !self.waived.late_fee.is_zero()
    }

    /// The mora charged as of a business date: what was fixed, and simple interest since.
    pub fn mora(&self, on: Date, terms: &ServicingTerms) -> Amount {
        self.mora_fixed + terms.mora_on(self.remaining_base(), self.mora_days(on))
    }

    fn mora_days(&self, on: Date) -> i64 {
        if !self.is_open() {
            return 0;
        }
        days_between(self.mora_since.unwrap_or(self.due), on).max(0)
    }

    /// Everything charged as of a business date.
    pub fn charged(&self, on: Date, terms: &ServicingTerms) -> Split {
        Split {
            late_fee: self.late_fee_on(on, terms),
            mora: self.mora(on, terms),
            interest: self.interest,
            principal: self.principal,
        }
    }

    /// What is owed on a business date; nothing on a closed invoice.
    pub fn owed(&self, on: Date, terms: &ServicingTerms) -> Split {
        if self.is_open() {
            self.charged(on, terms) - self.paid - self.waived
        } else {
            Split::default()
        }
    }

    /// What was charged on the books so far: mora up to its last event only.
    pub fn booked(&self) -> Split {
        Split {
            late_fee: self.late_fee,
            mora: self.mora_fixed,
            interest: self.interest,
            principal: self.principal,
        }
    }

    /// What left with a renegotiation: the part neither paid nor waived when it was closed.
    pub fn carried(&self) -> Split {
        match self.status {
            InvoiceStatus::Renegotiated | InvoiceStatus::Cancelled => {
                self.booked() - self.paid - self.waived
            }
            InvoiceStatus::Pending | InvoiceStatus::Unpaid | InvoiceStatus::Paid => {
                Split::default()
            }
        }
    }

    /// How the charges of a business date come about.
    pub fn explain(&self, on: Date, terms: &ServicingTerms) -> Explanation {
        let days = self.mora_days(on);
        let base = self.remaining_base();
        Explanation {
            on,
            due: self.due,
            days_overdue: days_between(self.due, on).max(0),
            late_fee_base: self.base,
            late_fee_percent: terms.late_fee,
            late_fee: self.late_fee_on(on, terms),
            mora_until: self.mora_fixed,
            mora_since: self.mora_since.unwrap_or(self.due),
            mora_days: days,
            mora_base: base,
            mora_monthly_percent: terms.mora_monthly,
            mora_unrounded: Amount::new(
                terms.mora_monthly.value() * Decimal::from(days) * base.value()
                    / Decimal::from(3_000),
            ),
            rounding: terms.rounding_mode(),
            mora: self.mora(on, terms),
            paid: self.paid,
            waived: self.waived,
            owed: self.owed(on, terms),
        }
    }

    /// Makes the invoice overdue.
    pub(crate) fn fall_overdue(&mut self, terms: &ServicingTerms) {
        self.status = InvoiceStatus::Unpaid;
        self.late_fee = terms.late_fee_on(self.base);
        self.mora_since = Some(self.due);
    }

    /// Takes back [`Self::fall_overdue`], for a date on which it had not happened yet.
    pub(crate) fn undo_overdue(&mut self) {
        self.status = InvoiceStatus::Pending;
        self.late_fee = Amount::ZERO;
        self.mora_since = None;
    }

    /// Closes the mora so far at the date of an event; returns what was added to it.
    pub(crate) fn fix_mora(&mut self, on: Date, terms: &ServicingTerms) -> Amount {
        if self.mora_since.is_none() {
            return Amount::ZERO;
        }
        let before = self.mora_fixed;
        self.mora_fixed = self.mora(on, terms);
        self.mora_since = Some(on);
        self.mora_fixed - before
    }

    /// Closes the invoice as paid when nothing is left of it.
    pub(crate) fn close_if_paid(&mut self, on: Date) -> bool {
        let left = self.booked() - self.paid - self.waived;
        let closes = self.is_open() && left.is_zero();
        if closes {
            self.status = InvoiceStatus::Paid;
            self.closed_on = Some(on);
        }
        closes
    }
}
