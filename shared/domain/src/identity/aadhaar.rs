use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::secret_text::secret_text;
use super::{is_digits, last_four, without_punctuation};

/// India's identity number of a resident (UIDAI): twelve digits, the first from 2 to 9, the last a
/// check digit by Verhoeff. Canonical: 12 digits.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Aadhaar(String);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidAadhaar {
    #[error("an Aadhaar number has 12 digits, plain or as 0000 0000 0000")]
    Form,
    #[error("an Aadhaar number begins with a digit from 2 to 9")]
    FirstDigit,
    #[error("the Aadhaar number's check digit does not match")]
    CheckDigit,
}

secret_text!(Aadhaar, InvalidAadhaar);

impl Aadhaar {
    pub fn masked(&self) -> String {
        last_four(&self.0)
    }
}

impl FromStr for Aadhaar {
    type Err = InvalidAadhaar;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let plain = without_punctuation(text, "#### #### ####")
            .or_else(|| without_punctuation(text, "####-####-####"))
            .filter(|plain| is_digits(plain))
            .ok_or(InvalidAadhaar::Form)?;
        if plain.starts_with(['0', '1']) {
            return Err(InvalidAadhaar::FirstDigit);
        }
        if verhoeff(&plain) == 0 { Ok(Self(plain)) } else { Err(InvalidAadhaar::CheckDigit) }
    }
}

/// The checksum of digits by Verhoeff's scheme (J. Verhoeff, "Error detecting decimal codes", 1969):
/// 0 where the last digit is the right check digit.
fn verhoeff(digits: &str) -> u8 {
    digits.bytes().rev().enumerate().fold(0, |sum, (place, byte)| {
        let digit = (0..place % 8).fold(byte.saturating_sub(b'0'), |digit, _| permuted(digit));
        product(sum, digit)
    })
}

/// Verhoeff's permutation (0 1 5 8 9 4 2 7)(3 6), applied once for each place from the right.
fn permuted(digit: u8) -> u8 {
    const IMAGES: [u8; 10] = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4];
    IMAGES.get(usize::from(digit)).copied().unwrap_or(0)
}

/// The product in the dihedral group of order 10: 0 to 4 are the rotations, 5 to 9 the reflections.
fn product(a: u8, b: u8) -> u8 {
    match (a < 5, b < 5) {
        (true, true) => (a + b) % 5,
        (true, false) => 5 + (a + b - 5) % 5,
        (false, true) => 5 + (a - b) % 5,
        (false, false) => (a + 5 - b) % 5,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{prop_assert, prop_assert_eq, proptest};

    use super::{Aadhaar, InvalidAadhaar, product, verhoeff};

    /// Numbers that UIDAI published for testing its authentication interface; they belong to nobody.
    #[test]
    fn published_test_numbers() {
        for number in
            ["999941057058", "999971658847", "999933119405", "999955183433", "999990501894"]
        {
            assert!(number.parse::<Aadhaar>().is_ok(), "{number}");
        }
        let spaced: Aadhaar = "9999 4105 7058".parse().unwrap();
        assert_eq!(spaced.expose(), "999941057058");
        assert_eq!(format!("{spaced:?}"), "Aadhaar(\"********7058\")");
    }

    /// The worked example of the scheme: 236 has the check digit 3.
    #[test]
    fn worked_example() {
        assert_eq!(verhoeff("2363"), 0);
        assert_ne!(verhoeff("2364"), 0);
    }

    /// Rows 1 and 6 of the published multiplication table.
    #[test]
    fn rows_of_the_multiplication_table() {
        assert_eq!(
            [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map(|b| product(1, b)),
            [1, 2, 3, 4, 0, 6, 7, 8, 9, 5]
        );
        assert_eq!(
            [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map(|b| product(6, b)),
            [6, 5, 9, 8, 7, 1, 0, 4, 3, 2]
        );
    }

    #[test]
    fn errors() {
        for text in ["", "99994105705", "9999410570580", "9999 41057058", "99994105705A"] {
            assert_eq!(text.parse::<Aadhaar>(), Err(InvalidAadhaar::Form), "{text}");
        }
        assert_eq!("199941057058".parse::<Aadhaar>(), Err(InvalidAadhaar::FirstDigit));
        assert_eq!("999941057059".parse::<Aadhaar>(), Err(InvalidAadhaar::CheckDigit));
    }

    fn with_check_digit(body: &str) -> Option<String> {
        (0..10).map(|digit| format!("{body}{digit}")).find(|number| verhoeff(number) == 0)
    }

    proptest! {
        /// The property that the scheme was made for: every wrong digit and every swap of
        /// neighbours is found.
        #[test]
        fn single_errors_and_swaps_are_found(body in "[2-9][0-9]{10}", place in 0_usize..11, digit in b'0'..=b'9') {
            let number = with_check_digit(&body).unwrap();
            prop_assert!(number.parse::<Aadhaar>().is_ok());
            let mut wrong = number.clone().into_bytes();
            wrong[place] = digit;
            let wrong = String::from_utf8(wrong).unwrap();
            prop_assert_eq!(verhoeff(&wrong) == 0, wrong == number);
            let mut swapped = number.clone().into_bytes();
            swapped.swap(place, place + 1);
            let swapped = String::from_utf8(swapped).unwrap();
            prop_assert_eq!(verhoeff(&swapped) == 0, swapped == number);
        }
    }
}
