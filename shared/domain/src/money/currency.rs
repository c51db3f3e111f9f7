use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// An ISO 4217 currency, with the number of decimals of its minor unit.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Currency {
    code: [u8; 3],
    exponent: u8,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown currency; the known ones are BRL, INR, CZK, EUR, USD, GBP, JPY, KWD")]
pub struct UnknownCurrency;

impl Currency {
    pub const BRL: Self = Self::new(*b"BRL", 2);
    pub const INR: Self = Self::new(*b"INR", 2);
    pub const CZK: Self = Self::new(*b"CZK", 2);
    pub const EUR: Self = Self::new(*b"EUR", 2);
    pub const USD: Self = Self::new(*b"USD", 2);
    pub const GBP: Self = Self::new(*b"GBP", 2);
    pub const JPY: Self = Self::new(*b"JPY", 0);
    pub const KWD: Self = Self::new(*b"KWD", 3);

    const ALL: [Self; 8] =
        [Self::BRL, Self::INR, Self::CZK, Self::EUR, Self::USD, Self::GBP, Self::JPY, Self::KWD];

    const fn new(code: [u8; 3], exponent: u8) -> Self {
        Self { code, exponent }
    }

    pub fn code(&self) -> &str {
        str::from_utf8(&self.code).unwrap_or("???")
    }

    /// Decimals of the minor unit: 2 for BRL and INR, 0 for JPY, 3 for KWD.
    pub const fn exponent(self) -> u32 {
        self.exponent as u32
    }
}

impl FromStr for Currency {
    type Err = UnknownCurrency;

    fn from_str(code: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|currency| currency.code() == code).ok_or(UnknownCurrency)
    }
}

impl TryFrom<String> for Currency {
    type Error = UnknownCurrency;
    fn try_from(code: String) -> Result<Self, Self::Error> {
        code.parse()
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> Self {
        currency.code().to_owned()
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}
