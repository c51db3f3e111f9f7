use std::fmt;
use std::str::FromStr;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// A rate in percent, per the period that the field's name says (`"2.5"` is 2.5 %).
///
/// JSON: a decimal string, without trailing zeros.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Percent(Decimal);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be a percentage in a string, such as \"2.5\", from 0 to 10000")]
pub struct PercentError;

impl Percent {
    pub const ZERO: Self = Self(Decimal::ZERO);

    pub const fn new(value: Decimal) -> Self {
        Self(value)
    }

    /// The number of percents: 2.5 for 2.5 %.
    pub const fn value(self) -> Decimal {
        self.0
    }

    /// The rate as a fraction: 0.025 for 2.5 %.
    pub fn fraction(self) -> Decimal {
        self.0 / Decimal::ONE_HUNDRED
    }
}

impl FromStr for Percent {
    type Err = PercentError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let value = Decimal::from_str_exact(text).map_err(|_| PercentError)?;
        if value.is_sign_negative() && !value.is_zero() || value > Decimal::from(10_000) {
            return Err(PercentError);
        }
        Ok(Self(value))
    }
}

impl TryFrom<String> for Percent {
    type Error = PercentError;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Percent> for String {
    fn from(percent: Percent) -> Self {
        percent.to_string()
    }
}

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.normalize().fmt(f)
    }
}

impl fmt::Debug for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
