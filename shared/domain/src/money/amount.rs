use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Neg, Sub, SubAssign};
use std::str::FromStr;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{Currency, parse_decimal};

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
        let value = parse_decimal(text).ok_or(AmountError::NotADecimal)?;
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

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop_assert_eq, proptest};
    use rust_decimal::Decimal;

    use super::{Amount, AmountError, Currency};

    fn amount(text: &str) -> Amount {
        text.parse().unwrap()
    }

    #[test]
    fn text_has_at_least_two_decimals() {
        for (from, to) in [
            ("0", "0.00"),
            ("-0", "0.00"),
            ("5", "5.00"),
            ("1234.5", "1234.50"),
            ("1234.567", "1234.567"),
            ("10.1000", "10.10"),
            ("-0.01", "-0.01"),
            ("007", "7.00"),
        ] {
            assert_eq!(amount(from).to_string(), to);
        }
    }

    #[test]
    fn only_plain_decimals_are_taken() {
        for text in [
            "",
            " 1",
            "1 ",
            "+1",
            "1.",
            ".5",
            "-",
            "1e3",
            "1_000",
            "1,5",
            "1.234,56",
            "0x10",
            "NaN",
            "\u{0661}",
            "--1",
            "1.2.3",
            "0.00000000000000000000000000001",
        ] {
            assert_eq!(text.parse::<Amount>(), Err(AmountError::NotADecimal), "{text}");
        }
        assert!("1".repeat(1_000).parse::<Amount>().is_err());
    }

    #[test]
    fn the_largest_is_a_million_millions() {
        assert!("1000000000000".parse::<Amount>().is_ok());
        assert!("-1000000000000".parse::<Amount>().is_ok());
        assert_eq!("1000000000000.01".parse::<Amount>(), Err(AmountError::TooLarge));
        assert_eq!("-1000000000000.01".parse::<Amount>(), Err(AmountError::TooLarge));
    }

    #[test]
    fn json_is_a_string_and_a_number_is_refused() {
        assert_eq!(serde_json::to_string(&amount("12.3")).unwrap(), "\"12.30\"");
        assert!(serde_json::from_str::<Amount>("12.3").is_err());
    }

    #[test]
    fn minor_units_follow_the_currency() {
        assert_eq!(Amount::from_minor(12_345, Currency::BRL), amount("123.45"));
        assert_eq!(Amount::from_minor(123, Currency::JPY), amount("123"));
        assert_eq!(Amount::from_minor(1, Currency::KWD), amount("0.001"));
        assert_eq!(amount("0.001").to_minor(Currency::BRL), None);
        assert_eq!(amount("0.5").to_minor(Currency::JPY), None);
        assert_eq!(amount("-0.010").to_minor(Currency::INR), Some(-1));
        assert_eq!(Amount::new(Decimal::MAX).to_minor(Currency::INR), None);
    }

    proptest! {
        #[test]
        fn minor_units_and_text_go_both_ways(minor in -100_000_000_000_000_i64..=100_000_000_000_000) {
            for currency in [Currency::BRL, Currency::JPY, Currency::KWD] {
                let amount = Amount::from_minor(minor, currency);
                prop_assert_eq!(amount.to_minor(currency), Some(minor));
                if currency != Currency::JPY {
                    prop_assert_eq!(amount.to_string().parse::<Amount>(), Ok(amount));
                }
            }
        }

        #[test]
        fn no_text_makes_the_parser_panic(text in any::<String>()) {
            if let Ok(amount) = text.parse::<Amount>() {
                prop_assert_eq!(amount.to_string().parse::<Amount>(), Ok(amount));
            }
        }
    }
}
