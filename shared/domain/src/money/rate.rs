use std::fmt;
use std::str::FromStr;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::parse_decimal;

/// The largest rate taken from outside.
const MAX_PERCENT: i64 = 10_000;

/// A rate in percent, per the period that the field's name says (`"2.5"` is 2.5 %).
///
/// JSON: a decimal string, without trailing zeros.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Percent(Decimal);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be a percentage in a string, such as \"2.5\", from 0 to {MAX_PERCENT}")]
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
        parse_decimal(text)
            .filter(|value| (Decimal::ZERO..=Decimal::from(MAX_PERCENT)).contains(value))
            .map(Self)
            .ok_or(PercentError)
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

#[cfg(test)]
mod tests {
    use super::Percent;

    #[test]
    fn text_and_fraction() {
        let percent: Percent = "2.50".parse().unwrap();
        assert_eq!(percent.to_string(), "2.5");
        assert_eq!(percent.fraction().to_string(), "0.0250");
        assert_eq!("-0".parse::<Percent>().unwrap().to_string(), "0");
    }

    #[test]
    fn from_0_to_10000() {
        assert!("10000".parse::<Percent>().is_ok());
        for text in ["-0.01", "10000.01", "2,5", "2.5%", "1e2", "", "1_0"] {
            assert!(text.parse::<Percent>().is_err(), "{text}");
        }
    }
}
