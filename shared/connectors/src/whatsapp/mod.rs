//! Messages over WhatsApp, in our own words.

pub mod evolution;

use std::fmt;

use async_trait::async_trait;
use domain::identity::Phone;
use reqwest::Url;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::http::{CallError, base_url};

/// WhatsApp shows a text message of up to this many characters.
pub const TEXT_LIMIT_CHARS: usize = 4096;
const INSTANCE_NAME_LIMIT_CHARS: usize = 100;

/// A failed send or query.
pub type SendError = CallError;

/// One connected WhatsApp number of a brand: where its gateway is, its name there and its key.
/// The key is masked in `Debug`.
#[derive(Debug, Clone)]
pub struct Instance {
    base_url: Url,
    name: String,
    api_key: SecretString,
}

/// The configuration of an instance is not usable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InstanceError {
    #[error("base_url must be an http or https address without user, query and fragment")]
    BaseUrl,
    #[error("name must have 1 to 100 characters, without slash or control characters")]
    Name,
}

impl Instance {
    /// # Errors
    /// When the address or the name cannot be used in a request.
    pub fn new(address: &str, name: &str, api_key: SecretString) -> Result<Self, InstanceError> {
        let base_url = base_url(address).ok_or(InstanceError::BaseUrl)?;
        let usable = (1..=INSTANCE_NAME_LIMIT_CHARS).contains(&name.chars().count())
            && !name.contains(|c: char| c == '/' || c == '\\' || c.is_control())
            && !matches!(name, "." | "..");
        if !usable {
            return Err(InstanceError::Name);
        }
        Ok(Self { base_url, name: name.to_owned(), api_key })
    }

    /// The name that webhooks of this number carry.
    pub fn name(&self) -> &str {
        &self.name
    }
}

/// The gateway took the message over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// Later webhooks name the message by this id.
    pub provider_message_id: String,
}

/// How far a message has come. A webhook may bring these late, twice and in any order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum MessageStatus {
    /// Taken over by the gateway, not yet by WhatsApp.
    Pending,
    /// Taken over by WhatsApp.
    Sent,
    /// On the borrower's phone.
    Delivered,
    Read,
    Failed,
    /// A state we do not know: changes nothing.
    Unknown,
}

/// Whether an instance can send.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ConnectionState {
    Open,
    Connecting,
    Closed,
    /// A state we do not know: not able to send, as far as we can tell.
    Unknown,
}

impl ConnectionState {
    pub const fn can_send(self) -> bool {
        matches!(self, Self::Open)
    }
}

/// A gateway to WhatsApp.
#[async_trait]
pub trait WhatsApp: fmt::Debug + Send + Sync {
    /// Sends one text of at most [`TEXT_LIMIT_CHARS`] characters. `dedupe_key` names this message in
    /// visible ASCII: a gateway with idempotency sends one key once; without it the caller alone
    /// keeps a message from going out twice, and must not resend after [`CallError::Unknown`].
    ///
    /// # Errors
    /// Permanent codes: `NUMBER_NOT_ON_WHATSAPP`, `INSTANCE_NOT_FOUND`, `PROVIDER_CREDENTIALS`,
    /// `TEXT_LENGTH`, `PROVIDER_REFUSED`, `PROVIDER_REQUEST`. Others: see [`crate::http`].
    async fn send_text(
        &self,
        instance: &Instance,
        to: &Phone,
        text: &str,
        dedupe_key: &str,
    ) -> Result<Sent, SendError>;

    /// Asks whether the instance can send now.
    ///
    /// # Errors
    /// As [`send_text`](Self::send_text), but never `Unknown`.
    async fn connection_state(&self, instance: &Instance) -> Result<ConnectionState, CallError>;
}
