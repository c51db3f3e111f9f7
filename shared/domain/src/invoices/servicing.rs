use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::Part;
use crate::money::{Amount, Currency, Percent, Rounding, RoundingMode};

/// The conventional month of mora: a monthly rate is divided by 30 for a day's share.
const MORA_MONTH_DAYS: i64 = 30;

/// How a charge is brought to the currency's minor unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ChargeRounding {
    #[default]
    HalfUp,
    HalfEven,
}

/// The order of a payment's allocation within an invoice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AllocationOrder {
    /// Late fee, mora, interest, principal.
    #[default]
    ChargesFirst,
    /// Principal, late fee, mora, interest.
    PrincipalFirst,
}

impl AllocationOrder {
    pub const fn parts(self) -> [Part; 4] {
        match self {
            Self::ChargesFirst => [Part::LateFee, Part::Mora, Part::Interest, Part::Principal],
            Self::PrincipalFirst => [Part::Principal, Part::LateFee, Part::Mora, Part::Interest],
        }
    }
}

/// Which contract interest an early payoff does not pay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Rebate {
    /// All of it is paid (a flat contract without a rebate).
    None,
    /// Interest of the current period is earned by its days, later periods' not at all. The only
    /// rule for the reducing methods.
    #[default]
    ProRata,
    /// Total interest × k(k+1) / n(n+1) for k whole periods left to pay of n (sum of the digits).
    RuleOf78,
}

/// What a loan is served under, fixed when it is activated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ServicingTerms {
    pub currency: Currency,
    /// Once, of the invoice's accrual base.
    pub late_fee: Percent,
    /// Per month of 30 days, of the part of the accrual base not yet paid.
    pub mora_monthly: Percent,
    #[serde(default)]
    pub rounding: ChargeRounding,
    #[serde(default)]
    pub allocation: AllocationOrder,
    #[serde(default)]
    pub rebate: Rebate,
    /// Taken off an early payoff, of what it would cost otherwise.
    #[serde(default)]
    pub payoff_discount: Percent,
}

impl ServicingTerms {
    pub fn new(currency: Currency, late_fee: Percent, mora_monthly: Percent) -> Self {
        Self {
            currency,
            late_fee,
            mora_monthly,
            rounding: ChargeRounding::default(),
            allocation: AllocationOrder::default(),
            rebate: Rebate::default(),
            payoff_discount: Percent::ZERO,
        }
    }

    pub fn late_fee_on(&self, base: Amount) -> Amount {
        self.share(base, self.late_fee.value(), Decimal::ONE_HUNDRED)
    }

    /// Simple interest on `base` for a number of days: `round(rate / 30 / 100 × base × days)`.
    pub fn mora_on(&self, base: Amount, days: i64) -> Amount {
        // One division, last, so that nothing is lost before the rounding.
        let per = Decimal::from(MORA_MONTH_DAYS * 100);
        self.share(base, self.mora_monthly.value() * Decimal::from(days.max(0)), per)
    }

    /// `round(amount × numerator / denominator)` to the minor unit.
    pub(crate) fn share(&self, amount: Amount, numerator: Decimal, denominator: Decimal) -> Amount {
        if denominator.is_zero() {
            return Amount::ZERO;
        }
        self.round(amount.value() * numerator / denominator)
    }

    pub(crate) fn round(&self, value: Decimal) -> Amount {
        Rounding::to_minor_unit(self.rounding_mode(), self.currency).round(value)
    }

    pub(crate) const fn rounding_mode(&self) -> RoundingMode {
        match self.rounding {
            ChargeRounding::HalfUp => RoundingMode::HalfUp,
            ChargeRounding::HalfEven => RoundingMode::HalfEven,
        }
    }

    pub(crate) fn is_whole(&self, amount: Amount) -> bool {
        amount.to_minor(self.currency).is_some()
    }
}

/// Calendar days from one date to another; negative where `to` is earlier.
pub fn days_between(from: Date, to: Date) -> i64 {
    to.duration_since(from).as_hours() / 24
}
