//! Addresses written with an `@`: e-mail and UPI.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::secret_text::secret_text;

/// RFC 5321, 4.5.3.1: octets of the local part and of the whole address.
const EMAIL_LOCAL_BYTES: usize = 64;
const EMAIL_BYTES: usize = 254;
/// RFC 1035, 2.3.4.
const DOMAIN_LABEL_BYTES: usize = 63;
const UPI_NAME_BYTES: usize = 255;
const UPI_HANDLE_BYTES: usize = 64;

/// An e-mail address: `local@domain` in ASCII, without quoting or comments. Canonical: lower case,
/// since no provider in use tells addresses apart by case.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Email(String);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be an e-mail address such as name@example.com")]
pub struct InvalidEmail;

secret_text!(Email, InvalidEmail);

impl Email {
    /// The first character of the local part, and the domain.
    pub fn masked(&self) -> String {
        masked_before_at(&self.0)
    }
}

impl FromStr for Email {
    type Err = InvalidEmail;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (local, domain) = text.split_once('@').ok_or(InvalidEmail)?;
        let is_atom = |atom: &str| {
            !atom.is_empty()
                && atom.bytes().all(|byte| {
                    byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte)
                })
        };
        let is_label = |label: &str| {
            (1..=DOMAIN_LABEL_BYTES).contains(&label.len())
                && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
                && !label.starts_with('-')
                && !label.ends_with('-')
        };
        let has_top_level = domain.rsplit_once('.').is_some_and(|(_, top)| {
            top.len() >= 2 && top.bytes().any(|byte| !byte.is_ascii_digit())
        });
        let is_valid = text.len() <= EMAIL_BYTES
            && local.len() <= EMAIL_LOCAL_BYTES
            && local.split('.').all(is_atom)
            && domain.split('.').all(is_label)
            && has_top_level;
        if is_valid { Ok(Self(text.to_ascii_lowercase())) } else { Err(InvalidEmail) }
    }
}

/// A UPI address (NPCI, virtual payment address): `name@handle`. Canonical: lower case.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct UpiAddress(String);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a UPI address such as name@bank")]
pub struct InvalidUpiAddress;

secret_text!(UpiAddress, InvalidUpiAddress);

impl UpiAddress {
    /// The first character of the name, and the handle.
    pub fn masked(&self) -> String {
        masked_before_at(&self.0)
    }
}

impl FromStr for UpiAddress {
    type Err = InvalidUpiAddress;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, handle) = text.split_once('@').ok_or(InvalidUpiAddress)?;
        let is_valid = (2..=UPI_NAME_BYTES).contains(&name.len())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte))
            && (2..=UPI_HANDLE_BYTES).contains(&handle.len())
            && handle.starts_with(|letter: char| letter.is_ascii_alphabetic())
            && handle.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if is_valid { Ok(Self(text.to_ascii_lowercase())) } else { Err(InvalidUpiAddress) }
    }
}

fn masked_before_at(text: &str) -> String {
    let (name, rest) = text.split_once('@').unwrap_or((text, ""));
    format!("{}***@{rest}", name.chars().take(1).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::{Email, UpiAddress};

    #[test]
    fn email_addresses() {
        for text in ["a@example.com", "First.Last+loan@mail.example.co.in", "o'neil@example.org"] {
            assert_eq!(text.parse::<Email>().unwrap().expose(), text.to_lowercase());
        }
        let long = format!("{}@example.com", "a".repeat(65));
        for text in [
            "",
            "@",
            "a@",
            "@example.com",
            "a@example",
            "a@@example.com",
            "a b@example.com",
            ".a@example.com",
            "a.@example.com",
            "a..b@example.com",
            "a@-example.com",
            "a@example-.com",
            "a@example..com",
            "a@example.com.",
            "a@127.0.0.1",
            "a@ex_ample.com",
            "a\n@example.com",
            "\"a\"@example.com",
            "é@example.com",
            long.as_str(),
        ] {
            assert!(text.parse::<Email>().is_err(), "{text}");
        }
    }

    #[test]
    fn upi_addresses() {
        for text in ["name@okbank", "98765.43210@upi", "shop-1_a@ybl"] {
            assert!(text.parse::<UpiAddress>().is_ok(), "{text}");
        }
        for text in
            ["", "a@upi", "name@", "name@u", "name@ok.bank", "na me@upi", "a@b@upi", "name@1ab"]
        {
            assert!(text.parse::<UpiAddress>().is_err(), "{text}");
        }
    }

    #[test]
    fn debug_shows_one_character_of_the_name() {
        let email: Email = "someone@example.com".parse().unwrap();
        assert_eq!(format!("{email:?}"), "Email(\"s***@example.com\")");
        let upi: UpiAddress = "someone@upi".parse().unwrap();
        assert_eq!(format!("{upi:?}"), "UpiAddress(\"s***@upi\")");
    }
}
