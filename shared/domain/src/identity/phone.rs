use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::secret_text::secret_text;
use super::{is_digits, last_four};
use crate::jurisdiction::Jurisdiction;

/// ITU-T E.164: at most 15 digits with the country code; the shortest numbers in use have 8.
const E164_DIGITS: std::ops::RangeInclusive<usize> = 8..=15;
/// The longest text that is looked at.
const PHONE_TEXT_BYTES: usize = 32;

/// A telephone number. Canonical: E.164 with its plus sign, `+5511987654321`.
///
/// `FromStr` takes an international number; [`Phone::parse_in`] takes national ones too. Numbers of
/// Brazil and India are checked against their numbering plans.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Phone(String);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPhone {
    #[error("must be a telephone number with its country code, such as +5511987654321")]
    International,
    #[error("is no number of Brazil: area code and 8 digits, or 9 digits from 9 for a mobile")]
    Brazil,
    #[error("is no number of India: 10 digits that do not begin with 0 or 1")]
    India,
}

secret_text!(Phone, InvalidPhone);

impl Phone {
    pub fn masked(&self) -> String {
        last_four(&self.0)
    }

    /// The digits without the plus sign, as messaging providers want them; whole.
    pub fn expose_digits(&self) -> &str {
        self.0.strip_prefix('+').unwrap_or(&self.0)
    }

    /// An international number, or a national one of `country`: with or without a leading 0 and the
    /// country code, with spaces, hyphens, points and brackets.
    pub fn parse_in(text: &str, country: Jurisdiction) -> Result<Self, InvalidPhone> {
        let trimmed = text.trim();
        if trimmed.starts_with('+') {
            return trimmed.parse();
        }
        let digits = only_digits(trimmed).ok_or(invalid_in(country))?;
        let code = calling_code(country);
        let national = digits.strip_prefix('0').unwrap_or(&digits);
        let with_code = national.strip_prefix(code).filter(|rest| is_national(country, rest));
        // eleven digits from 55 are area code 55 and a mobile; the national reading comes first
        if is_national(country, national) {
            Ok(Self(format!("+{code}{national}")))
        } else if let Some(rest) = with_code {
            Ok(Self(format!("+{code}{rest}")))
        } else {
            Err(invalid_in(country))
        }
    }
}

impl FromStr for Phone {
    type Err = InvalidPhone;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = text
            .trim()
            .strip_prefix('+')
            .and_then(only_digits)
            .filter(|digits| E164_DIGITS.contains(&digits.len()) && !digits.starts_with('0'))
            .ok_or(InvalidPhone::International)?;
        for country in Jurisdiction::ALL {
            if let Some(national) = digits.strip_prefix(calling_code(country))
                && !is_national(country, national)
            {
                return Err(invalid_in(country));
            }
        }
        Ok(Self(format!("+{digits}")))
    }
}

/// ITU-T, list of country codes of Recommendation E.164.
const fn calling_code(country: Jurisdiction) -> &'static str {
    match country {
        Jurisdiction::Brazil => "55",
        Jurisdiction::India => "91",
    }
}

const fn invalid_in(country: Jurisdiction) -> InvalidPhone {
    match country {
        Jurisdiction::Brazil => InvalidPhone::Brazil,
        Jurisdiction::India => InvalidPhone::India,
    }
}

fn is_national(country: Jurisdiction, digits: &str) -> bool {
    match country {
        Jurisdiction::Brazil => is_brazilian(digits),
        // National Numbering Plan 2003 (Department of Telecommunications): ten significant digits
        Jurisdiction::India => digits.len() == 10 && !digits.starts_with(['0', '1']),
    }
}

/// Anatel's numbering plan: one of 67 area codes, then eight digits from 2 to 5 (fixed) or nine
/// from 9 (mobile).
fn is_brazilian(digits: &str) -> bool {
    let (Some(area), Some(subscriber)) = (digits.get(..2), digits.get(2..)) else { return false };
    let is_area = matches!(
        area.as_bytes(),
        [b'1' | b'4' | b'6' | b'8' | b'9', b'1'..=b'9']
            | [b'2', b'1' | b'2' | b'4' | b'7' | b'8']
            | [b'3', b'1'..=b'5' | b'7' | b'8']
            | [b'5', b'1' | b'3' | b'4' | b'5']
            | [b'7', b'1' | b'3' | b'4' | b'5' | b'7' | b'9']
    );
    let is_subscriber = match subscriber.len() {
        8 => subscriber.starts_with(['2', '3', '4', '5']),
        9 => subscriber.starts_with('9'),
        _ => false,
    };
    is_area && is_subscriber
}

/// The digits of a number written with spaces, hyphens, points and brackets; `None` where there is
/// anything else.
fn only_digits(text: &str) -> Option<String> {
    if text.len() > PHONE_TEXT_BYTES {
        return None;
    }
    let digits: String = text.chars().filter(|letter| !" -.()".contains(*letter)).collect();
    is_digits(&digits).then_some(digits)
}

#[cfg(test)]
mod tests {
    use super::{InvalidPhone, Jurisdiction, Phone};

    fn brazil(text: &str) -> Result<String, InvalidPhone> {
        Phone::parse_in(text, Jurisdiction::Brazil).map(String::from)
    }

    fn india(text: &str) -> Result<String, InvalidPhone> {
        Phone::parse_in(text, Jurisdiction::India).map(String::from)
    }

    #[test]
    fn international_numbers() {
        for text in ["+5511987654321", "+55 (11) 98765-4321", " +55 11 98765.4321 "] {
            assert_eq!(text.parse::<Phone>().unwrap().expose(), "+5511987654321");
        }
        assert_eq!("+420601234567".parse::<Phone>().unwrap().expose_digits(), "420601234567");
        for text in [
            "",
            "+",
            "5511987654321",
            "+0123456789",
            "+1234567",
            "+1234567890123456",
            "+55a11",
            "++5511987654321",
        ] {
            assert_eq!(text.parse::<Phone>(), Err(InvalidPhone::International), "{text}");
        }
        assert_eq!("+551187654321".parse::<Phone>(), Err(InvalidPhone::Brazil));
        assert_eq!("+910234567890".parse::<Phone>(), Err(InvalidPhone::India));
    }

    #[test]
    fn numbers_of_brazil() {
        for text in
            ["11987654321", "(11) 98765-4321", "011 98765-4321", "5511987654321", "+5511987654321"]
        {
            assert_eq!(brazil(text), Ok("+5511987654321".to_owned()), "{text}");
        }
        assert_eq!(brazil("(21) 2345-6789"), Ok("+552123456789".to_owned()));
        // area code 55 is in Rio Grande do Sul
        assert_eq!(brazil("55 99876-5432"), Ok("+5555998765432".to_owned()));
        for text in [
            "987654321",
            "10987654321",
            "20987654321",
            "11887654321",
            "119876543210",
            "11 9876x-4321",
        ] {
            assert_eq!(brazil(text), Err(InvalidPhone::Brazil), "{text}");
        }
    }

    #[test]
    fn numbers_of_india() {
        for text in ["9876543210", "98765 43210", "09876543210", "919876543210", "+91 98765-43210"]
        {
            assert_eq!(india(text), Ok("+919876543210".to_owned()), "{text}");
        }
        for text in ["987654321", "98765432101", "1876543210", "00919876543210"] {
            assert_eq!(india(text), Err(InvalidPhone::India), "{text}");
        }
        assert_eq!(india("+420601234567"), Ok("+420601234567".to_owned()));
    }

    #[test]
    fn debug_shows_the_last_four() {
        let phone: Phone = "+5511987654321".parse().unwrap();
        assert_eq!(format!("{phone:?}"), "Phone(\"**********4321\")");
    }
}
