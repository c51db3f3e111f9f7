//! A phone number to write to.

use std::fmt;
use std::str::FromStr;

/// E.164 allows 15 digits after the plus sign; no country has numbers of fewer than 7.
const DIGITS: std::ops::RangeInclusive<usize> = 7..=15;

/// The text is not a phone number with its country code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be a phone number in international form, such as +5511912345678")]
pub struct PhoneError;

/// A number in E.164 form (`+5511912345678`). `Debug` shows only its last two digits.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Phone(String);

impl Phone {
    /// With the plus sign.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Phone {
    type Err = PhoneError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = text.strip_prefix('+').ok_or(PhoneError)?;
        let valid = DIGITS.contains(&digits.len())
            && digits.bytes().all(|byte| byte.is_ascii_digit())
            && !digits.starts_with('0');
        if valid { Ok(Self(text.to_owned())) } else { Err(PhoneError) }
    }
}

impl fmt::Debug for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hidden = self.0.len() - 2;
        write!(f, "+{}{}", "*".repeat(hidden - 1), &self.0[hidden..])
    }
}
