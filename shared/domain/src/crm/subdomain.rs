use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

const SUBDOMAIN_CHARACTERS: usize = 63;

/// Which of a brand's sites a customer came by: a label of a host name, in lower case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Subdomain(String);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to {SUBDOMAIN_CHARACTERS} of a-z, 0-9 and -, not first or last")]
pub struct NotASubdomain;

impl FromStr for Subdomain {
    type Err = NotASubdomain;

    fn from_str(text: &str) -> Result<Self, NotASubdomain> {
        let is_label_character = |character: char| {
            character.is_ascii_lowercase() || character.is_ascii_digit() || character == '-'
        };
        let is_label = (1..=SUBDOMAIN_CHARACTERS).contains(&text.len())
            && text.chars().all(is_label_character)
            && !text.starts_with('-')
            && !text.ends_with('-');
        if is_label { Ok(Self(text.to_owned())) } else { Err(NotASubdomain) }
    }
}

impl TryFrom<String> for Subdomain {
    type Error = NotASubdomain;

    fn try_from(text: String) -> Result<Self, NotASubdomain> {
        text.parse()
    }
}

impl From<Subdomain> for String {
    fn from(subdomain: Subdomain) -> Self {
        subdomain.0
    }
}

impl fmt::Display for Subdomain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::{NotASubdomain, Subdomain};

    #[test]
    fn labels_of_a_host_name() {
        for text in ["a", "promo-2026", "0800", &"a".repeat(63)] {
            assert_eq!(text.parse::<Subdomain>().unwrap().to_string(), text);
        }
        for text in ["", "-a", "a-", "A", "a.b", "a#b", "\u{e9}", &"a".repeat(64)] {
            assert_eq!(text.parse::<Subdomain>(), Err(NotASubdomain), "{text}");
        }
    }
}
