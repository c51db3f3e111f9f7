//! India: PAN of taxpayers, IFSC of bank branches.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::secret_text::secret_text;
use super::{is_digits, last_four};

/// The fourth letter of a PAN: person, company, Hindu undivided family, firm, association, trust,
/// body of individuals, local authority, juridical person, government.
const PAN_HOLDERS: &str = "PCHFATBLJG";

/// The permanent account number of a taxpayer (Income Tax Department): five letters, four digits,
/// one letter; the fourth letter says who holds it. Canonical: 10 characters in capitals.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Pan(String);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPan {
    #[error("a PAN has 5 letters, 4 digits and a letter, such as AAAPZ1234C")]
    Form,
    #[error("the fourth letter of a PAN is one of {PAN_HOLDERS}")]
    Holder,
}

secret_text!(Pan, InvalidPan);

impl Pan {
    pub fn masked(&self) -> String {
        last_four(&self.0)
    }

    /// Whether the holder is a natural person.
    pub fn is_person(&self) -> bool {
        self.0.chars().nth(3) == Some('P')
    }
}

impl FromStr for Pan {
    type Err = InvalidPan;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let upper = text.to_ascii_uppercase();
        let is_letters = |part: &str| part.bytes().all(|byte| byte.is_ascii_uppercase());
        let has_form = upper.len() == 10
            && upper.get(..5).is_some_and(is_letters)
            && upper.get(5..9).is_some_and(|digits| is_digits(digits) && digits != "0000")
            && upper.get(9..).is_some_and(is_letters);
        if !has_form {
            return Err(InvalidPan::Form);
        }
        if !upper.chars().nth(3).is_some_and(|holder| PAN_HOLDERS.contains(holder)) {
            return Err(InvalidPan::Holder);
        }
        Ok(Self(upper))
    }
}

/// The code of a bank branch (Reserve Bank of India): four letters of the bank, a zero, six
/// characters of the branch. Canonical: 11 characters in capitals.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Ifsc(String);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an IFSC has 4 letters, a zero and 6 letters or digits, such as KKBK0000261")]
pub struct InvalidIfsc;

secret_text!(Ifsc, InvalidIfsc);

impl Ifsc {
    pub fn masked(&self) -> String {
        last_four(&self.0)
    }

    /// The bank's four letters.
    pub fn bank(&self) -> &str {
        self.0.get(..4).unwrap_or_default()
    }
}

impl FromStr for Ifsc {
    type Err = InvalidIfsc;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let upper = text.to_ascii_uppercase();
        let has_form = upper.len() == 11
            && upper.bytes().take(4).all(|byte| byte.is_ascii_uppercase())
            && upper.as_bytes().get(4) == Some(&b'0')
            && upper.bytes().skip(5).all(|byte| byte.is_ascii_alphanumeric());
        if has_form { Ok(Self(upper)) } else { Err(InvalidIfsc) }
    }
}

#[cfg(test)]
mod tests {
    use super::{Ifsc, InvalidIfsc, InvalidPan, Pan};

    #[test]
    fn pan_is_five_letters_four_digits_a_letter() {
        let pan: Pan = "aaapz1234c".parse().unwrap();
        assert_eq!(pan.expose(), "AAAPZ1234C");
        assert!(pan.is_person());
        assert_eq!(format!("{pan:?}"), "Pan(\"******234C\")");
        assert!(!"AAACZ1234C".parse::<Pan>().unwrap().is_person());
        for text in
            ["", "AAAPZ1234", "AAAPZ12345", "AAAP11234C", "AAAPZ123CC", "AAAPZ0000C", "ÁAAPZ1234"]
        {
            assert_eq!(text.parse::<Pan>(), Err(InvalidPan::Form), "{text}");
        }
        assert_eq!("AAAXZ1234C".parse::<Pan>(), Err(InvalidPan::Holder));
    }

    /// KKBK0000261 and HDFC0CAGSBK: the examples in the documentation of razorpay/ifsc.
    #[test]
    fn ifsc_has_a_zero_in_fifth_place() {
        for text in ["KKBK0000261", "HDFC0CAGSBK", "kkbk0000261"] {
            assert!(text.parse::<Ifsc>().is_ok(), "{text}");
        }
        assert_eq!("HDFC0CAGSBK".parse::<Ifsc>().unwrap().bank(), "HDFC");
        for text in ["", "KKBK1000261", "KKB00000261", "KKBK000026", "KKBK00002611", "KKBK0000-61"]
        {
            assert_eq!(text.parse::<Ifsc>(), Err(InvalidIfsc), "{text}");
        }
    }
}
