//! How the figures of a schedule came about, as data.

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::Serialize;

use super::Installment;
use super::methods::{MONTHS_PER_YEAR, Repayment};
use crate::calendar::{Convention, DayCount, Frequency, MonthEnd};
use crate::loans::terms::{Grace, Method, RoundingRules, ScheduleTerms};
use crate::money::{Amount, Percent};

/// Decimals that intermediate figures are shown with; they are computed with all of them.
const SHOWN_DECIMALS: u32 = 12;

/// The rule that the installments follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Formula {
    /// EMI = P·∏(1+fᵢ) / Fₙ, F₁ = 1, Fₖ = 1 + Fₖ₋₁·(1+fₖ); interest = balance × fᵢ.
    LevelInstallment,
    /// Principal = P / n; interest = balance × fᵢ.
    EqualPrincipal,
    /// Interest = P × monthly rate × months, in n equal parts; principal = P / n.
    FlatInterest,
    /// Interest = P × Σ fᵢ, repaid with P in one sum.
    SingleRepayment,
    /// Interest = P × fᵢ; principal in the last installment.
    InterestOnly,
    /// The rate at which n agreed installments A are worth P: Σ A/∏(1+fᵢ) = P.
    ImpliedRate,
    /// Installments of the agreed amount until the balance is 0; interest = balance × fᵢ.
    AgreedInstallment,
}

/// Where the rate comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum QuotedRate {
    Annual,
    Monthly,
    /// Solved for, from the agreed installments.
    Implied,
}

/// The nominal rate that interest is counted with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RateExplanation {
    pub quoted: QuotedRate,
    /// Percent per year.
    pub annual: Percent,
    /// Percent per month: a twelfth of it.
    pub monthly: Percent,
}

/// One period's part of the year and its interest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PeriodExplanation {
    pub number: u16,
    pub from: Date,
    pub to: Date,
    /// Real calendar days, whatever the day count makes of them.
    pub days: i32,
    pub year_fraction: Decimal,
    /// fᵢ: annual rate × year fraction, as a fraction of 1.
    pub rate: Decimal,
    /// The interest that arose, before rounding (and before grace postpones it).
    pub exact_interest: Decimal,
}

/// The installment by the formula and as it is charged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct InstallmentExplanation {
    pub exact: Decimal,
    pub rounded: Amount,
}

/// What the last installment takes up so that the principal sums exactly.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LastInstallment {
    pub total: Amount,
    /// Its total less the installment amount; null where installments are not level.
    pub absorbed: Option<Amount>,
}

/// How a schedule came about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ScheduleExplanation {
    pub formula: Formula,
    /// P: the principal asked for and the financed fees.
    pub amount_lent: Amount,
    pub rate: RateExplanation,
    pub day_count: DayCount,
    pub frequency: Frequency,
    pub month_end: MonthEnd,
    pub convention: Convention,
    pub rounding: RoundingRules,
    pub grace_installments: Grace,
    pub installment: InstallmentExplanation,
    pub last_installment: LastInstallment,
    pub periods: Vec<PeriodExplanation>,
}

pub(super) fn explain(
    terms: &ScheduleTerms,
    repayment: &Repayment,
    installments: &[Installment],
) -> ScheduleExplanation {
    let input = terms.input();
    let percent = |rate: Decimal| Percent::new(shown(rate * Decimal::ONE_HUNDRED));
    ScheduleExplanation {
        formula: formula(terms),
        amount_lent: terms.amount_lent(),
        rate: RateExplanation {
            quoted: match (input.annual_rate, input.monthly_rate) {
                (Some(_), _) => QuotedRate::Annual,
                (None, Some(_)) => QuotedRate::Monthly,
                (None, None) => QuotedRate::Implied,
            },
            annual: percent(repayment.annual_rate),
            monthly: percent(repayment.annual_rate / MONTHS_PER_YEAR),
        },
        day_count: input.day_count,
        frequency: input.frequency,
        month_end: input.month_end,
        convention: input.convention,
        rounding: input.rounding,
        grace_installments: input.grace,
        installment: InstallmentExplanation {
            exact: shown(repayment.exact_installment),
            rounded: Amount::new(repayment.installment),
        },
        last_installment: last_installment(input.method, repayment, installments),
        periods: periods(repayment),
    }
}

fn periods(repayment: &Repayment) -> Vec<PeriodExplanation> {
    let numbered = (1_u16..).zip(repayment.periods.iter().zip(&repayment.rows));
    let explained = numbered.map(|(number, (period, row))| PeriodExplanation {
        number,
        from: period.from,
        to: period.to,
        days: period.days(),
        year_fraction: shown(period.year_fraction),
        rate: shown(repayment.annual_rate * period.year_fraction),
        exact_interest: shown(row.exact_interest),
    });
    explained.collect()
}

fn last_installment(
    method: Method,
    repayment: &Repayment,
    installments: &[Installment],
) -> LastInstallment {
    let total = installments.last().map(|row| row.total).unwrap_or_default();
    let is_level = matches!(method, Method::Price | Method::Flat | Method::FixedInstallment);
    LastInstallment {
        total,
        absorbed: is_level.then(|| total - Amount::new(repayment.installment)),
    }
}

fn shown(value: Decimal) -> Decimal {
    value.round_dp(SHOWN_DECIMALS).normalize()
}

fn formula(terms: &ScheduleTerms) -> Formula {
    match (terms.input().method, terms.annual_rate()) {
        (Method::Price, _) => Formula::LevelInstallment,
        (Method::Sac, _) => Formula::EqualPrincipal,
        (Method::Flat, _) => Formula::FlatInterest,
        (Method::Bullet, _) => Formula::SingleRepayment,
        (Method::InterestOnly, _) => Formula::InterestOnly,
        (Method::FixedInstallment, None) => Formula::ImpliedRate,
        (Method::FixedInstallment, Some(_)) => Formula::AgreedInstallment,
    }
}
