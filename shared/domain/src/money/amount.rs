use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Neg, Sub, SubAssign};
use std::str::FromStr;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::Currency;

/// A sum of money in the currency of its brand.
///
/// JSON: a decimal string with at least two decimals (`"1234.56"`). It is exact: arithmetic never
/// rounds; rounding is explicit, by [`super::Rounding`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Amount(Decimal);

/// The largest amount taken from outside: 10¹² major units.
const MAX_MAJOR_UNITS: i64 = 1_000_000_000_000;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AmountError {
    #[error("must be a decimal number in a string, such as \"1234.56\"")]
    NotADecimal,
    #[error("must not be larger than {MAX_MAJOR_UNITS}")]
    TooLarge,
}

impl Amount {
    pub const ZERO: Self = Self(Decimal::ZERO);

    /// The amount with this exact decimal value.
    pub const fn new(value: Decimal) -> Self {
        Self(value)
    }

    /// From a whole number of minor units (cents, paise).
    pub fn from_minor(minor: i64, currency: Currency) -> Self {
        Self(Decimal::new(minor, currency.exponent()))
    }

    /// The whole number of minor units, or `None` where the amount is finer than the currency.
    pub fn to_minor(self, currency: Currency) -> Option<i64> {
        let scaled = self.0.checked_mul(Decimal::from(10_i64.pow(currency.exponent())))?;
        if scaled.fract().is_zero() { i64::try_from(scaled.trunc()).ok() } else { None }
    }

    pub const fn value(self) -> Decimal {
        self.0
    }

    pub fn is_zero(self) -> bool {
        self.0.is_zero()
    }

    pub fn is_positive(self) -> bool {
        self.0 > Decimal::ZERO
    }

    pub fn is_negative(self) -> bool {
        self.0 < Decimal::ZERO
    }

    /// The larger of the amount and zero.
    pub fn or_zero(self) -> Self {
        self.max(Self::ZERO)
    }
}

impl FromStr for Amount {
    type Err = AmountError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let value = Decimal::from_str_exact(text).map_err(|_| AmountError::NotADecimal)?;
        if value.abs() > Decimal::from(MAX_MAJOR_UNITS) {
            return Err(AmountError::TooLarge);
        }
        Ok(Self(value))
    }
}

impl TryFrom<String> for Amount {
    type Error = AmountError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Amount> for String {
    fn from(amount: Amount) -> Self {
        amount.to_string()
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut value = self.0.normalize();
        if value.scale() < 2 {
            value.rescale(2);
        }
        value.fmt(f)
    }
}

impl fmt::Debug for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Add for Amount {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl Sub for Amount {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}

impl Neg for Amount {
    type Output = Self;
    fn neg(self) -> Self {
        Self(-self.0)
    }
}

impl AddAssign for Amount {
    fn add_assign(&mut self, other: Self) {
        self.0 += other.0;
    }
}

impl SubAssign for Amount {
    fn sub_assign(&mut self, other: Self) {
        self.0 -= other.0;
    }
}

impl Sum for Amount {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Add::add)
    }
}
