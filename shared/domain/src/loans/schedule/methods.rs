//! Principal and interest of each installment at a rate, by method.

use rust_decimal::Decimal;

use super::periods::{Period, Periods};
use super::{agreed, level};
use crate::calendar::Unit;
use crate::loans::terms::{InvalidTerms, Method, ScheduleTerms, TermsInput};
use crate::money::{Rounding, RoundingMode};

pub(super) const MONTHS_PER_YEAR: Decimal = Decimal::from_parts(12, 0, 0, false, 0);
/// Decimals kept where a mode does not round: sums of amounts stay exact, whatever their size.
const UNROUNDED_DECIMALS: u32 = 10;

/// What one installment repays.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row {
    pub principal: Decimal,
    pub interest: Decimal,
    /// The interest that arose in the period, before rounding.
    pub exact_interest: Decimal,
}

/// The rows, their periods and how they came about.
#[derive(Debug)]
pub(super) struct Repayment {
    pub periods: Vec<Period>,
    pub rows: Vec<Row>,
    pub annual_rate: Decimal,
    /// The installment by the formula, and rounded.
    pub exact_installment: Decimal,
    pub installment: Decimal,
}

pub(super) fn repay(terms: &ScheduleTerms) -> Result<Repayment, InvalidTerms> {
    let input = terms.input();
    match (input.method, terms.annual_rate()) {
        (Method::FixedInstallment, None) => agreed::implied_rate(terms),
        (Method::FixedInstallment, Some(rate)) => agreed::until_repaid(terms, rate),
        (method, rate) => {
            let rate = rate.ok_or_else(|| InvalidTerms::field("annualRate", "is required"))?;
            let periods = Periods::new(input).take(count(input)?)?;
            Ok(match method {
                Method::Sac => sac(terms, periods, rate),
                Method::InterestOnly => interest_only(terms, periods, rate),
                Method::Bullet => interest_only(terms, single(&periods), rate),
                Method::Flat => flat(terms, periods, rate),
                Method::Price | Method::FixedInstallment => price(terms, periods, rate),
            })
        }
    }
}

/// Level installments. A grace on interest does not change them: while it lasts all of an installment
/// is principal, afterwards the postponed interest comes first. Only the postponed interest of
/// installments that repay nothing comes on top of the first one due.
fn price(terms: &ScheduleTerms, periods: Vec<Period>, annual_rate: Decimal) -> Repayment {
    let principal = terms.amount_lent().value();
    let rates = rates(&periods, annual_rate);
    let annuities = level::annuities(&rates);
    let (start, annuity) = first_amortising(&rates, &annuities, principal_grace(terms, &periods));
    let exact_installment = principal / annuity;
    let installment = round(terms.installment_rounding(), exact_installment);
    let first_interest = usize::from(terms.input().grace.interest);
    let on_top: Decimal = if first_interest >= start {
        let unpaid = rates.iter().take(start);
        unpaid.map(|rate| round(terms.interest_rounding(), principal * rate)).sum()
    } else {
        Decimal::ZERO
    };
    let rows = reduce(terms, &rates, |k, interest| {
        if k < start {
            Decimal::ZERO
        } else if k == first_interest {
            installment + on_top - interest
        } else {
            installment - interest
        }
    });
    Repayment { periods, rows, annual_rate, exact_installment, installment }
}

fn sac(terms: &ScheduleTerms, periods: Vec<Period>, annual_rate: Decimal) -> Repayment {
    let grace = principal_grace(terms, &periods);
    let exact = terms.amount_lent().value() / Decimal::from(periods.len() - grace);
    let quota = round(terms.installment_rounding(), exact);
    let rows =
        reduce(
            terms,
            &rates(&periods, annual_rate),
            |k, _| {
                if k < grace { Decimal::ZERO } else { quota }
            },
        );
    named_by_row(periods, rows, annual_rate, grace)
}

fn interest_only(terms: &ScheduleTerms, periods: Vec<Period>, annual_rate: Decimal) -> Repayment {
    let rows = reduce(terms, &rates(&periods, annual_rate), |_, _| Decimal::ZERO);
    named_by_row(periods, rows, annual_rate, 0)
}

/// Interest = principal × monthly rate × months, in equal parts; the last row takes what the
/// rounding of the parts leaves.
fn flat(terms: &ScheduleTerms, periods: Vec<Period>, annual_rate: Decimal) -> Repayment {
    let n = periods.len();
    let grace = principal_grace(terms, &periods);
    let principal = terms.amount_lent().value();
    let months = flat_months(terms.input(), &periods);
    let whole_interest = principal * annual_rate / MONTHS_PER_YEAR * months;
    let exact_interest = whole_interest / Decimal::from(n);
    let part = round(terms.interest_rounding(), exact_interest);
    let exact_installment = principal / Decimal::from(n - grace) + exact_interest;
    let installment = round(terms.installment_rounding(), exact_installment);
    let mut balance = principal;
    let mut interest_left = round(terms.interest_rounding(), whole_interest);
    let mut postponed = Postponed::new(terms);
    let rows = (0..n)
        .map(|k| {
            let is_last = k + 1 == n;
            let interest = if is_last { interest_left } else { part.min(interest_left) };
            let repaid = if is_last {
                balance
            } else if k < grace {
                Decimal::ZERO
            } else {
                (installment - interest).clamp(Decimal::ZERO, balance)
            };
            interest_left -= interest;
            balance -= repaid;
            Row { principal: repaid, interest: postponed.due(k, interest), exact_interest }
        })
        .collect();
    Repayment { periods, rows, annual_rate, exact_installment, installment }
}

/// The months that flat interest is charged for: as many as the installments span; in other units,
/// twelve times the fraction of the year.
fn flat_months(input: &TermsInput, periods: &[Period]) -> Decimal {
    if input.frequency.unit() == Unit::Month {
        return Decimal::from(input.frequency.every()) * Decimal::from(periods.len());
    }
    periods.iter().map(|period| period.year_fraction).sum::<Decimal>() * MONTHS_PER_YEAR
}

/// Interest on the reducing balance; `principal_of` says what row k repays given the interest due with
/// it. It is kept between 0 and the balance, and the last row repays what is left.
fn reduce(
    terms: &ScheduleTerms,
    rates: &[Decimal],
    principal_of: impl Fn(usize, Decimal) -> Decimal,
) -> Vec<Row> {
    let mut balance = terms.amount_lent().value();
    let mut postponed = Postponed::new(terms);
    let row = |(k, rate): (usize, &Decimal)| {
        let exact_interest = balance * rate;
        let interest = postponed.due(k, round(terms.interest_rounding(), exact_interest));
        let is_last = k + 1 == rates.len();
        let repaid =
            if is_last { balance } else { principal_of(k, interest).clamp(Decimal::ZERO, balance) };
        balance -= repaid;
        Row { principal: repaid, interest, exact_interest }
    };
    rates.iter().enumerate().map(row).collect()
}

/// The interest whose payment a grace puts off; it bears no interest itself.
struct Postponed {
    grace: usize,
    interest: Decimal,
}

impl Postponed {
    fn new(terms: &ScheduleTerms) -> Self {
        Self { grace: usize::from(terms.input().grace.interest), interest: Decimal::ZERO }
    }

    /// The interest due with row k, where `interest` arose.
    fn due(&mut self, k: usize, interest: Decimal) -> Decimal {
        self.interest += interest;
        if k < self.grace { Decimal::ZERO } else { std::mem::take(&mut self.interest) }
    }
}

/// The first installment that repays principal, with the annuity from there on: the first after the
/// grace, or a later one where the interest of a long first period exceeds a level installment.
fn first_amortising(rates: &[Decimal], annuities: &[Decimal], grace: usize) -> (usize, Decimal) {
    let covers =
        |&(_, (rate, annuity)): &(usize, (&Decimal, &Decimal))| rate * annuity < Decimal::ONE;
    let candidates = rates.iter().zip(annuities).enumerate().skip(grace);
    let last = (rates.len() - 1, Decimal::ONE);
    candidates.into_iter().find(covers).map_or(last, |(start, (_, annuity))| (start, *annuity))
}

/// All periods as one.
fn single(periods: &[Period]) -> Vec<Period> {
    let year_fraction = periods.iter().map(|period| period.year_fraction).sum();
    match (periods.first(), periods.last()) {
        (Some(first), Some(last)) => vec![Period { from: first.from, year_fraction, ..*last }],
        _ => Vec::new(),
    }
}

/// Names the row at `index` *the* installment, where none is level.
fn named_by_row(
    periods: Vec<Period>,
    rows: Vec<Row>,
    annual_rate: Decimal,
    index: usize,
) -> Repayment {
    let (installment, exact_installment) = rows.get(index).map_or_else(Default::default, |row| {
        (row.principal + row.interest, row.principal + row.exact_interest)
    });
    Repayment { periods, rows, annual_rate, exact_installment, installment }
}

fn rates(periods: &[Period], annual_rate: Decimal) -> Vec<Decimal> {
    periods.iter().map(|period| annual_rate * period.year_fraction).collect()
}

/// The installments without principal; at least one is left that repays it.
fn principal_grace(terms: &ScheduleTerms, periods: &[Period]) -> usize {
    usize::from(terms.input().grace.principal).min(periods.len().saturating_sub(1))
}

pub(super) fn count(input: &TermsInput) -> Result<u16, InvalidTerms> {
    input.installments.ok_or_else(|| InvalidTerms::field("installments", "is required"))
}

pub(super) fn round(rounding: Rounding, value: Decimal) -> Decimal {
    match rounding.mode() {
        RoundingMode::None => value.round_dp(UNROUNDED_DECIMALS),
        _ => rounding.round(value).value(),
    }
}
