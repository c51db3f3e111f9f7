//! Text messages to phones, in our own words.

pub mod msg91;

use std::fmt;

use async_trait::async_trait;
use domain::identity::Phone;
use reqwest::Url;
use secrecy::SecretString;

use crate::http::{CallError, base_url};

/// The most values that one text takes.
pub const VALUES_LIMIT_ITEMS: usize = 20;
/// A longer value is refused by the networks.
pub const VALUE_LIMIT_CHARS: usize = 300;

/// An account with a provider: where it is and its key, which is masked in `Debug`.
#[derive(Debug, Clone)]
pub struct Account {
    base_url: Url,
    key: SecretString,
}

/// The configuration of an account is not usable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the address must be an http or https one without user, query and fragment")]
pub struct AccountError;

impl Account {
    /// # Errors
    /// When the address cannot be used in a request.
    pub fn new(address: &str, key: SecretString) -> Result<Self, AccountError> {
        Ok(Self { base_url: base_url(address).ok_or(AccountError)?, key })
    }
}

/// A text that is registered with the provider, and what stands in its places.
///
/// Networks take no free text from businesses (India registers each text), so the provider has the
/// text and is given the values only.
#[derive(Clone, Copy)]
pub struct Text<'a> {
    /// The provider's id of the text.
    pub template: &'a str,
    /// In the order of the places. They may hold personal data.
    pub values: &'a [String],
}

impl fmt::Debug for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Text({}, {} values)", self.template, self.values.len())
    }
}

/// The provider took the message over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    pub provider_message_id: String,
}

/// A provider of text messages.
#[async_trait]
pub trait Sms: fmt::Debug + Send + Sync {
    /// Sends one text. There is no idempotency at the provider: the caller keeps a message from
    /// going out twice, and must not resend after [`CallError::Unknown`].
    ///
    /// # Errors
    /// Permanent codes: `SMS_TEMPLATE`, `NUMBER_REFUSED`, `PROVIDER_CREDENTIALS`,
    /// `PROVIDER_REFUSED`, `TEXT_LENGTH`, `PROVIDER_REQUEST`. Others: see [`crate::http`].
    async fn send(&self, account: &Account, to: &Phone, text: Text<'_>) -> Result<Sent, CallError>;
}
