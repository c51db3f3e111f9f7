//! Signed webhooks: HMAC-SHA256 over the bytes as they came, for the providers that sign that way.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use reqwest::header::HeaderMap;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

/// A part of the signed text. In configuration: `body`, `header:<name>` or `literal:<text>`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Part {
    Body,
    Header(String),
    Literal(String),
}

impl TryFrom<String> for Part {
    type Error = SchemeError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        match text.split_once(':') {
            None if text == "body" => Ok(Self::Body),
            Some(("header", name)) if !name.is_empty() => Ok(Self::Header(name.to_lowercase())),
            Some(("literal", literal)) => Ok(Self::Literal(literal.to_owned())),
            _ => Err(SchemeError::Part),
        }
    }
}

impl From<Part> for String {
    fn from(part: Part) -> Self {
        match part {
            Part::Body => "body".to_owned(),
            Part::Header(name) => format!("header:{name}"),
            Part::Literal(text) => format!("literal:{text}"),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Encoding {
    Hex,
    Base64,
}

/// The unit in which a provider writes the time of signing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TimeUnit {
    Seconds,
    Milliseconds,
}

/// The time of signing: a header that must be among the signed parts, Unix time in `unit`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignedAt {
    pub header: String,
    pub unit: TimeUnit,
    /// How far from now it may be, before and after.
    pub tolerance_s: u64,
}

/// How a provider signs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scheme {
    /// The header with the signature.
    pub header: String,
    pub encoding: Encoding,
    /// Stands before the signature, such as `sha256=`.
    #[serde(default)]
    pub prefix: String,
    /// Joined without anything between.
    pub signed: Vec<Part>,
    #[serde(default)]
    pub signed_at: Option<SignedAt>,
}

/// The configuration is not safe to use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SchemeError {
    #[error("signed must list body, header:<name> or literal:<text>")]
    Part,
    #[error("signed must contain body once")]
    Body,
    #[error("signed_at.header must be among the signed parts")]
    SignedAt,
}

/// The message is not to be believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    #[error("no webhook secret is configured")]
    Secret,
    #[error("a header of the signature is missing or given twice")]
    Header,
    #[error("the signature does not match")]
    Mismatch,
    #[error("the signature is too old or from the future")]
    Time,
}

impl Scheme {
    /// To be called once, when the configuration is read.
    ///
    /// # Errors
    /// When the scheme would leave the body or the time unprotected.
    pub fn check(&self) -> Result<(), SchemeError> {
        if self.signed.iter().filter(|part| **part == Part::Body).count() != 1 {
            return Err(SchemeError::Body);
        }
        let signs = |header: &str| {
            self.signed
                .iter()
                .any(|part| matches!(part, Part::Header(name) if name.eq_ignore_ascii_case(header)))
        };
        match &self.signed_at {
            Some(signed_at) if !signs(&signed_at.header) => Err(SchemeError::SignedAt),
            _ => Ok(()),
        }
    }

    /// Checks the signature over `body`, the raw bytes, in constant time. `secrets`: the current
    /// one, and the former one while it is being replaced. `now_s`: the wall clock, in Unix seconds.
    ///
    /// # Errors
    /// When the message is not from the holder of a secret, or not from about now.
    pub fn verify(
        &self,
        secrets: &[SecretString],
        headers: &HeaderMap,
        body: &[u8],
        now_s: u64,
    ) -> Result<(), SignatureError> {
        if secrets.is_empty() || secrets.iter().any(|secret| secret.expose_secret().is_empty()) {
            return Err(SignatureError::Secret);
        }
        let given = single(headers, &self.header)?
            .strip_prefix(self.prefix.as_str())
            .ok_or(SignatureError::Mismatch)?;
        let given = match self.encoding {
            Encoding::Hex => hex::decode(given).ok(),
            Encoding::Base64 => STANDARD.decode(given).ok(),
        }
        .ok_or(SignatureError::Mismatch)?;
        let parts = self
            .signed
            .iter()
            .map(|part| match part {
                Part::Body => Ok(body),
                Part::Header(name) => single(headers, name).map(str::as_bytes),
                Part::Literal(text) => Ok(text.as_bytes()),
            })
            .collect::<Result<Vec<&[u8]>, _>>()?;
        if !secrets.iter().any(|secret| matches(secret, &parts, &given)) {
            return Err(SignatureError::Mismatch);
        }
        self.check_time(headers, now_s)
    }

    fn check_time(&self, headers: &HeaderMap, now_s: u64) -> Result<(), SignatureError> {
        let Some(signed_at) = &self.signed_at else { return Ok(()) };
        let time: u64 =
            single(headers, &signed_at.header)?.parse().map_err(|_| SignatureError::Time)?;
        let time_s = match signed_at.unit {
            TimeUnit::Seconds => time,
            TimeUnit::Milliseconds => time / 1_000,
        };
        if time_s.abs_diff(now_s) > signed_at.tolerance_s {
            return Err(SignatureError::Time);
        }
        Ok(())
    }
}

fn matches(secret: &SecretString, parts: &[&[u8]], given: &[u8]) -> bool {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes()) else {
        return false;
    };
    for part in parts {
        mac.update(part);
    }
    mac.verify_slice(given).is_ok()
}

fn single<'a>(headers: &'a HeaderMap, name: &str) -> Result<&'a str, SignatureError> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().map_err(|_| SignatureError::Header),
        _ => Err(SignatureError::Header),
    }
}
