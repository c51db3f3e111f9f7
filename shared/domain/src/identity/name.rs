use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::secret_text::secret_text;

const NAME_CHARACTERS: usize = 120;

/// A person's or company's name in any script: from 2 to 120 characters, at least one letter, no
/// control or direction characters. Canonical: words separated by one space.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct PersonName(String);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPersonName {
    #[error("a name has from 2 to {NAME_CHARACTERS} characters, one of them a letter")]
    Length,
    #[error("a name begins with a letter or digit and has only these, spaces and . , ' - & / ( )")]
    Character,
}

secret_text!(PersonName, InvalidPersonName);

impl PersonName {
    /// What stands in the place of a name that was erased.
    pub fn erased() -> Self {
        Self("Erased".to_owned())
    }

    /// The first letters of the first and the last word.
    pub fn masked(&self) -> String {
        let mut words = self.0.split(' ').map(|word| word.chars().take(1).collect::<String>());
        let first = words.next().unwrap_or_default();
        match words.next_back() {
            Some(last) => format!("{first}*** {last}***"),
            None => format!("{first}***"),
        }
    }

    /// The first word, to greet a borrower with.
    pub fn first(&self) -> &str {
        self.0.split(' ').next().unwrap_or_default()
    }
}

impl FromStr for PersonName {
    type Err = InvalidPersonName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let name = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let characters = name.chars().count();
        if !(2..=NAME_CHARACTERS).contains(&characters) || !name.chars().any(char::is_alphabetic) {
            return Err(InvalidPersonName::Length);
        }
        if name.starts_with(char::is_alphanumeric) && name.chars().all(is_name_character) {
            Ok(Self(name))
        } else {
            Err(InvalidPersonName::Character)
        }
    }
}

/// ASCII is listed; outside it, everything but characters that are invisible or turn the direction
/// of the text (the joiners of Indian scripts are allowed).
fn is_name_character(character: char) -> bool {
    if character.is_ascii() {
        return character.is_ascii_alphanumeric() || " .,'-&/()".contains(character);
    }
    !character.is_control()
        && !matches!(
            character,
            '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2028}'..='\u{2029}'
                | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff0}'..='\u{ffff}' | '\u{e000}'..='\u{f8ff}'
        )
}

#[cfg(test)]
mod tests {
    use super::{InvalidPersonName, PersonName};

    #[test]
    fn names_of_many_scripts() {
        for text in [
            "Ana Souza",
            "José d'Ávila-Neto",
            "अमित कुमार",
            "Jiří Dvořák",
            "M. K. Rao (Jr.)",
            "Loja 24 & Cia.",
        ] {
            assert_eq!(text.parse::<PersonName>().unwrap().expose(), text);
        }
        assert_eq!("  Ana \t Souza ".parse::<PersonName>().unwrap().expose(), "Ana Souza");
    }

    #[test]
    fn errors() {
        for text in ["", "A", "  ", "123", &"a".repeat(121)] {
            assert_eq!(text.parse::<PersonName>(), Err(InvalidPersonName::Length), "{text}");
        }
        for text in [
            "<b>Ana</b>",
            "Ana\u{0}Souza",
            "Ana\u{202e}Souza",
            "=HYPERLINK(A)",
            "-Ana",
            "(Ana)",
            "Ana; DROP",
        ] {
            assert_eq!(text.parse::<PersonName>(), Err(InvalidPersonName::Character), "{text}");
        }
    }

    #[test]
    fn debug_shows_initials() {
        let name: PersonName = "Ana Maria Souza".parse().unwrap();
        assert_eq!(format!("{name:?}"), "PersonName(\"A*** S***\")");
        assert_eq!("Ana".parse::<PersonName>().unwrap().masked(), "A***");
        assert_eq!(name.first(), "Ana");
    }
}
