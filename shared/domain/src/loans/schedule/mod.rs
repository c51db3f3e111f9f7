//! Repayment schedules: from terms to installments, to the cent.

mod agreed;
mod explanation;
mod level;
mod methods;
mod periods;

pub use explanation::{
    Formula, InstallmentExplanation, LastInstallment, PeriodExplanation, QuotedRate,
    RateExplanation, ScheduleExplanation,
};

use jiff::civil::Date;
use serde::Serialize;

use super::terms::{InvalidTerms, ScheduleTerms};
use crate::money::Amount;
use methods::Repayment;

/// What falls due on one date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Installment {
    /// From 1.
    pub number: u16,
    /// The date before any move for non-repayment dates; interest is counted between these.
    pub nominal_due_date: Date,
    pub due_date: Date,
    pub principal: Amount,
    pub interest: Amount,
    /// Charges collected with the installment; those at disbursement are not in here.
    pub fees: Amount,
    pub total: Amount,
    /// The principal still owed once this installment is paid.
    pub balance: Amount,
}

/// The sums of the installments' columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Totals {
    pub principal: Amount,
    pub interest: Amount,
    pub fees: Amount,
    pub total: Amount,
}

/// The installments of a loan. Their principal sums to the amount lent, to the cent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    pub installments: Vec<Installment>,
    /// The level installment; where none is, the first one that repays principal.
    pub installment_amount: Amount,
    pub totals: Totals,
    pub explanation: ScheduleExplanation,
}

impl Schedule {
    /// Computes the schedule of `terms`.
    ///
    /// Errors name the field that no schedule can be made with: a term of more than a century, an
    /// agreed installment that never repays the loan, a calendar without repayment dates.
    pub fn build(terms: &ScheduleTerms) -> Result<Self, InvalidTerms> {
        let repayment = methods::repay(terms)?;
        let installments = installments(terms, &repayment);
        Ok(Self {
            installment_amount: Amount::new(repayment.installment),
            totals: Totals::of(&installments),
            explanation: explanation::explain(terms, &repayment, &installments),
            installments,
        })
    }
}

impl Totals {
    fn of(installments: &[Installment]) -> Self {
        let sum = |part: fn(&Installment) -> Amount| installments.iter().map(part).sum();
        Self {
            principal: sum(|row| row.principal),
            interest: sum(|row| row.interest),
            fees: sum(|row| row.fees),
            total: sum(|row| row.total),
        }
    }
}

/// Puts dates and balances to the rows.
fn installments(terms: &ScheduleTerms, repayment: &Repayment) -> Vec<Installment> {
    let mut balance = terms.amount_lent();
    let numbered = (1_u16..).zip(repayment.periods.iter().zip(&repayment.rows));
    numbered
        .map(|(number, (period, row))| {
            let principal = Amount::new(row.principal);
            let interest = Amount::new(row.interest);
            balance -= principal;
            let fees = Amount::ZERO;
            Installment {
                number,
                nominal_due_date: period.to,
                due_date: period.due,
                principal,
                interest,
                fees,
                total: principal + interest + fees,
                balance,
            }
        })
        .collect()
}
