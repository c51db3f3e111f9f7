use std::fmt;
use std::str::FromStr;

use domain::ids::BrandId;
use serde::{Deserialize, Serialize};

use super::{Brand, Consistency, Entity, Key, StoreError, Table, Versioned};

/// How a brand presents itself in its documents. What is not set is the brand's name and the
/// platform's own colours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Appearance {
    pub brand: BrandId,
    #[serde(rename = "v", default)]
    pub version: u64,
    /// The text that stands for the logo.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logo_text: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub legal_name: Option<String>,
    /// The number that the lender is registered under, with its kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registration: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// Where a borrower turns to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<String>,
    pub primary: Color,
    pub accent: Color,
}

/// A colour of the screen: `#1f4e5f`. Canonical: small letters.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Color(String);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a colour is # and six hexadecimal digits")]
pub struct InvalidColor;

impl Appearance {
    /// Dark enough for white text upon it.
    const PRIMARY: &'static str = "#1f4e5f";
    const ACCENT: &'static str = "#e0a030";

    /// That of a brand that has set none.
    pub fn plain(brand: BrandId) -> Self {
        let color = |text: &str| Color(text.to_owned());
        Self {
            brand,
            version: 0,
            logo_text: None,
            legal_name: None,
            registration: None,
            address: None,
            contact: None,
            primary: color(Self::PRIMARY),
            accent: color(Self::ACCENT),
        }
    }

    pub fn key_of(brand: BrandId) -> Key {
        Key::new(format!("B#{}#APPEARANCE", brand.ulid()), "HEAD")
    }

    /// The brand's own, or the plain one.
    pub async fn of(table: &Table, brand: &Brand) -> Result<Self, StoreError> {
        let own = table.get::<Self>(&Self::key_of(brand.id), Consistency::Eventual).await?;
        Ok(own.unwrap_or_else(|| Self::plain(brand.id)))
    }
}

impl Entity for Appearance {
    const NAME: &'static str = "appearance";

    fn key(&self) -> Key {
        Self::key_of(self.brand)
    }
}

impl Versioned for Appearance {
    fn version(&self) -> u64 {
        self.version
    }

    fn set_version(&mut self, version: u64) {
        self.version = version;
    }
}

impl Color {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Color {
    type Err = InvalidColor;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = text.strip_prefix('#').ok_or(InvalidColor)?;
        if digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            Ok(Self(text.to_ascii_lowercase()))
        } else {
            Err(InvalidColor)
        }
    }
}

impl TryFrom<String> for Color {
    type Error = InvalidColor;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Color> for String {
    fn from(color: Color) -> Self {
        color.0
    }
}

impl fmt::Debug for Color {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::Color;

    #[test]
    fn colours() {
        assert_eq!("#1F4E5f".parse::<Color>().unwrap().as_str(), "#1f4e5f");
        for text in ["1f4e5f", "#1f4e5", "#1f4e5g", "#1f4e5f0", "red", "#é4e5f"] {
            assert!(text.parse::<Color>().is_err(), "{text}");
        }
    }
}
