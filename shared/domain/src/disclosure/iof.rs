//! IOF, Brazil's tax on credit (decree 6,306 of 2007, article 7): a part by the day on each
//! repayment of principal, and an additional part on the whole amount.

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::Serialize;

use crate::calendar::days_between;
use crate::loans::schedule::{Installment, Schedule};
use crate::loans::terms::{Fee, InvalidTerms, PaidTo, ScheduleTerms};
use crate::money::{Amount, Percent, Rounding};

/// A financed tax is part of the amount it is charged on; each step finds it about 30 times closer.
const MAX_ITERATIONS: usize = 30;
const NAME: &str = "IOF";

/// The rates in force on the day of disbursement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IofRates {
    /// Percent per day.
    pub daily: Percent,
    /// A principal repaid later is charged for this many days.
    pub max_days: u16,
    /// Percent of the amount lent.
    pub additional: Percent,
}

/// How the tax is paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IofPayment {
    /// Kept back from the disbursement.
    AtDisbursement,
    /// Lent too, so that the borrower receives what was asked for.
    Financed,
}

/// The tax and its two parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Iof {
    pub daily: Amount,
    pub additional: Amount,
    pub total: Amount,
}

/// The tax on these installments; each part is rounded once, as a sum.
pub fn iof(
    disbursed: Date,
    installments: &[Installment],
    rates: &IofRates,
    rounding: Rounding,
) -> Iof {
    let max_days = i32::from(rates.max_days);
    let money_days: Decimal = installments
        .iter()
        .map(|row| {
            let days = days_between(disbursed, row.due_date).clamp(0, max_days);
            row.principal.value() * Decimal::from(days)
        })
        .sum();
    let lent: Amount = installments.iter().map(|row| row.principal).sum();
    let daily = rounding.round(money_days * rates.daily.fraction());
    let additional = rounding.round(lent.value() * rates.additional.fraction());
    Iof { daily, additional, total: daily + additional }
}

/// The terms with the tax among their fees, and their schedule.
pub fn with_iof(
    terms: &ScheduleTerms,
    rates: &IofRates,
    payment: IofPayment,
    rounding: Rounding,
) -> Result<(ScheduleTerms, Schedule, Iof), InvalidTerms> {
    let disbursed = terms.input().disbursement_date;
    let is_financed = payment == IofPayment::Financed;
    let mut taxed = terms.clone();
    let mut schedule = Schedule::build(terms)?;
    let mut tax = iof(disbursed, &schedule.installments, rates, rounding);
    for _ in 0..MAX_ITERATIONS {
        taxed = terms.with_fee(fee(tax.total, is_financed))?;
        schedule = Schedule::build(&taxed)?;
        let next = iof(disbursed, &schedule.installments, rates, rounding);
        if next.total <= tax.total {
            break;
        }
        tax = next;
    }
    Ok((taxed, schedule, tax))
}

fn fee(amount: Amount, financed: bool) -> Fee {
    Fee { name: NAME.to_owned(), amount, paid_to: PaidTo::ThirdParty, financed }
}
