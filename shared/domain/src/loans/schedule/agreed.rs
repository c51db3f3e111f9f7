//! Installments of an agreed amount: the rate follows from their number, or their number from a rate.

use rust_decimal::Decimal;

use super::level;
use super::methods::{MONTHS_PER_YEAR, Repayment, Row, count, round};
use super::periods::Periods;
use crate::loans::terms::{InvalidTerms, MAX_INSTALLMENTS, ScheduleTerms};
use crate::money::Amount;

const FIELD: &str = "installmentAmount";

/// So many installments: each totals exactly the agreed amount, and the interest of all of them
/// together is what they exceed the amount lent by.
pub(super) fn implied_rate(terms: &ScheduleTerms) -> Result<Repayment, InvalidTerms> {
    let input = terms.input();
    let amount = agreed_amount(terms)?;
    let principal = terms.amount_lent().value();
    let periods = Periods::new(input).take(count(input)?)?;
    let total = amount * Decimal::from(periods.len());
    if total < principal {
        let lent = terms.amount_lent();
        let message = format!("times installments must be at least the amount lent, {lent}");
        return Err(InvalidTerms::field(FIELD, message));
    }
    let months: Vec<Decimal> =
        periods.iter().map(|period| period.year_fraction * MONTHS_PER_YEAR).collect();
    let monthly = level::implied_monthly_rate(principal, amount, &months)
        .ok_or_else(|| InvalidTerms::field(FIELD, "implies a rate out of range"))?;
    let mut balance = principal;
    let mut interest_left = total - principal;
    let rows = months
        .iter()
        .map(|period| {
            let exact_interest = balance * monthly * period;
            // Kept between what the amount needs and what is left of the interest, so that no
            // rounding of earlier rows makes the last one differ from the agreed amount.
            let least = (amount - balance).max(Decimal::ZERO);
            let most = interest_left.min(amount).max(least);
            let interest = round(terms.interest_rounding(), exact_interest).clamp(least, most);
            interest_left -= interest;
            balance -= amount - interest;
            Row { principal: amount - interest, interest, exact_interest }
        })
        .collect();
    let annual_rate = monthly * MONTHS_PER_YEAR;
    Ok(Repayment { periods, rows, annual_rate, exact_installment: amount, installment: amount })
}

/// As many installments as repay the loan at `annual_rate`; the last is what is left.
pub(super) fn until_repaid(
    terms: &ScheduleTerms,
    annual_rate: Decimal,
) -> Result<Repayment, InvalidTerms> {
    let amount = agreed_amount(terms)?;
    let mut walk = Periods::new(terms.input());
    let mut balance = terms.amount_lent().value();
    let mut periods = Vec::new();
    let mut rows = Vec::new();
    for index in 0..MAX_INSTALLMENTS {
        let period = walk.at(index)?;
        let exact_interest = balance * annual_rate * period.year_fraction;
        let interest = round(terms.interest_rounding(), exact_interest);
        let principal = (amount - interest).min(balance);
        if principal <= Decimal::ZERO {
            let message =
                format!("must be larger than the interest of a period, {}", Amount::new(interest));
            return Err(InvalidTerms::field(FIELD, message));
        }
        balance -= principal;
        periods.push(period);
        rows.push(Row { principal, interest, exact_interest });
        if balance.is_zero() {
            let (exact_installment, installment) = (amount, amount);
            return Ok(Repayment { periods, rows, annual_rate, exact_installment, installment });
        }
    }
    Err(InvalidTerms::field(FIELD, format!("takes more than {MAX_INSTALLMENTS} installments")))
}

fn agreed_amount(terms: &ScheduleTerms) -> Result<Decimal, InvalidTerms> {
    let amount = terms.input().installment_amount.map(Amount::value);
    amount.ok_or_else(|| InvalidTerms::field(FIELD, "is required with FIXED_INSTALLMENT"))
}
