//! What Evolution reports to us, and the token that proves it is Evolution.
//!
//! The token does not cover the body: a report is a hint about a message we sent, looked up by its
//! id, and can change no more than that message's state; or a borrower's wish for no more messages,
//! which can do no more than keep us from writing.

use std::fmt;

use domain::dunning::is_opt_out;
use domain::identity::Phone;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::Value;

use super::map;
use super::wire::WebhookBody;
use crate::whatsapp::{ConnectionState, MessageStatus};

/// Larger reports carry media, which we do not ask for.
pub const BODY_LIMIT_BYTES: usize = 256 * 1024;
/// Reports about several messages come as a list.
const EVENTS_LIMIT_ITEMS: usize = 1_000;
/// Ids and words longer than this are not Evolution's.
const WORD_LIMIT_BYTES: usize = 128;
/// Clocks may differ by this much.
const LEEWAY_S: u64 = 30;
/// Evolution's tokens live ten minutes; one that claims to live longer is not its.
const TOKEN_LIFE_S: u64 = 600;
/// A key shorter than the hash's output is weaker than it (RFC 7518, section 3.2).
const KEY_MINIMUM_BYTES: usize = 32;
const APP: &str = "evolution";
const ACTION: &str = "webhook";

/// The report is not to be believed or not to be understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WebhookError {
    #[error("the report carries no bearer token")]
    MissingToken,
    #[error("the report's token is not valid")]
    InvalidToken,
    #[error("the report's token has expired or is not yet valid")]
    ExpiredToken,
    #[error("no webhook key of at least 32 bytes is configured")]
    Key,
    #[error("the report is longer than 256 KiB")]
    TooLong,
    #[error("the report is not of the expected form")]
    Malformed,
}

#[derive(Deserialize)]
struct Claims {
    iat: u64,
    exp: u64,
    app: String,
    action: String,
}

/// Checks the `Authorization` header. `keys`: the current one, and the former one while it is being
/// replaced. `now_s`: the wall clock, in Unix seconds.
///
/// # Errors
/// All but `TooLong` and `Malformed`.
pub fn verify(
    authorization: Option<&str>,
    keys: &[SecretString],
    now_s: u64,
) -> Result<(), WebhookError> {
    if keys.is_empty() || keys.iter().any(|key| key.expose_secret().len() < KEY_MINIMUM_BYTES) {
        return Err(WebhookError::Key);
    }
    let (scheme, token) =
        authorization.and_then(|value| value.split_once(' ')).ok_or(WebhookError::MissingToken)?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(WebhookError::MissingToken);
    }
    let mut validation = Validation::new(Algorithm::HS256);
    // The times are checked below against the clock of the caller.
    validation.validate_exp = false;
    let claims = keys
        .iter()
        .find_map(|key| {
            let key = DecodingKey::from_secret(key.expose_secret().as_bytes());
            decode::<Claims>(token.trim(), &key, &validation).ok()
        })
        .ok_or(WebhookError::InvalidToken)?
        .claims;
    if claims.app != APP || claims.action != ACTION {
        return Err(WebhookError::InvalidToken);
    }
    let life = claims.exp.checked_sub(claims.iat).ok_or(WebhookError::InvalidToken)?;
    if life > TOKEN_LIFE_S {
        return Err(WebhookError::InvalidToken);
    }
    if claims.exp.saturating_add(LEEWAY_S) < now_s || claims.iat > now_s.saturating_add(LEEWAY_S) {
        return Err(WebhookError::ExpiredToken);
    }
    Ok(())
}

/// A report, reduced to what we use: it holds no key and no text, and a phone number only of a
/// borrower with a wish, masked in `Debug`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The name of the [`crate::whatsapp::Instance`]. Whose it is, the receiver must look up: the
    /// body is not signed.
    pub instance: String,
    pub events: Vec<Event>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A message of ours reached a state. The same event may come again: see [`Event::dedupe_key`].
    Message { message_id: String, status: MessageStatus },
    /// The instance went on or off line.
    Connection { state: ConnectionState, reason: Option<i64> },
    /// A borrower's reply that asks for no more messages. All other replies are ignored, and their
    /// text is not kept.
    OptOut { message_id: String, from: Phone },
    /// Something we have no use for.
    Ignored { name: String },
}

impl Event {
    /// Names the event within its instance: the message and the state it reached. A report with a
    /// known key has nothing new. `None` where repeating is harmless.
    pub fn dedupe_key(&self) -> Option<DedupeKey<'_>> {
        match self {
            Self::Message { message_id, status } => Some(DedupeKey(message_id, *status)),
            Self::Connection { .. } | Self::OptOut { .. } | Self::Ignored { .. } => None,
        }
    }
}

/// Shown as `{message id}#{STATUS}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DedupeKey<'a>(&'a str, MessageStatus);

impl fmt::Display for DedupeKey<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let status = match self.1 {
            MessageStatus::Pending => "PENDING",
            MessageStatus::Sent => "SENT",
            MessageStatus::Delivered => "DELIVERED",
            MessageStatus::Read => "READ",
            MessageStatus::Failed => "FAILED",
            MessageStatus::Unknown => "UNKNOWN",
        };
        write!(f, "{}#{status}", self.0)
    }
}

/// Reads a report whose token was verified. `data` may be one object or a list. Unknown events,
/// fields and states are no errors.
///
/// # Errors
/// `TooLong`, `Malformed`.
pub fn parse(body: &[u8]) -> Result<Report, WebhookError> {
    if body.len() > BODY_LIMIT_BYTES {
        return Err(WebhookError::TooLong);
    }
    let body: WebhookBody = serde_json::from_slice(body).map_err(|_| WebhookError::Malformed)?;
    let instance = word(&body.instance).ok_or(WebhookError::Malformed)?;
    let name = word(&body.event).ok_or(WebhookError::Malformed)?;
    let items = match &body.data {
        Value::Array(items) if items.len() > EVENTS_LIMIT_ITEMS => {
            return Err(WebhookError::TooLong);
        }
        Value::Array(items) => items.as_slice(),
        other => std::slice::from_ref(other),
    };
    // By configuration the name comes as `messages.update` or `MESSAGES_UPDATE`.
    let events = match name.to_lowercase().replace(['_', '-'], ".").as_str() {
        "messages.update" => items.iter().map(message_update).collect::<Result<_, _>>()?,
        "messages.upsert" => items.iter().map(reply).collect(),
        "send.message" => items.iter().map(message_sent).collect::<Result<_, _>>()?,
        "connection.update" => items.iter().map(connection_update).collect(),
        _ => vec![Event::Ignored { name }],
    };
    Ok(Report { instance, events })
}

fn message_update(item: &Value) -> Result<Event, WebhookError> {
    if item.get("fromMe") == Some(&Value::Bool(false)) {
        // The state of a message the borrower wrote to us.
        return Ok(Event::Ignored { name: "messages.update".to_owned() });
    }
    let message_id = message_id(item).ok_or(WebhookError::Malformed)?;
    let status = item.get("status").and_then(Value::as_str).unwrap_or_default();
    Ok(Event::Message { message_id, status: map::status_of(status) })
}

/// A message that somebody wrote to the instance's number, in whatever form: what is not an
/// opt-out of a person is of no use, and no error.
fn reply(item: &Value) -> Event {
    opt_out(item).unwrap_or_else(|| Event::Ignored { name: "messages.upsert".to_owned() })
}

fn opt_out(item: &Value) -> Option<Event> {
    if item.pointer("/key/fromMe") != Some(&Value::Bool(false)) {
        return None;
    }
    let text = ["/message/conversation", "/message/extendedTextMessage/text"]
        .into_iter()
        .find_map(|place| item.pointer(place)?.as_str())?;
    if !is_opt_out(text) {
        return None;
    }
    // Of a hidden number (`…@lid`) the real one comes beside it; groups have other endings.
    let number = ["/key/remoteJid", "/key/remoteJidAlt", "/key/senderPn"]
        .into_iter()
        .find_map(|place| item.pointer(place)?.as_str()?.strip_suffix("@s.whatsapp.net"))?;
    // `5511900000001:12` names one device of the person.
    let digits = number.split(':').next()?;
    let from = phone(digits)?;
    Some(Event::OptOut { message_id: message_id(item)?, from })
}

/// The number of an account. Brazilian accounts made before mobiles had nine digits keep the eight
/// in their name, while the number today has the nine in front.
fn phone(digits: &str) -> Option<Phone> {
    let brazilian = digits.strip_prefix("55").and_then(|national| national.split_at_checked(2));
    let text = match brazilian {
        Some((area, number)) if number.len() == 8 && number.starts_with(['6', '7', '8', '9']) => {
            format!("+55{area}9{number}")
        }
        _ => format!("+{digits}"),
    };
    text.parse().ok()
}

/// The `status` of `send.message` is not used: for a message just sent the gateway fills in a
/// default there, `DELIVERY_ACK` in some versions.
fn message_sent(item: &Value) -> Result<Event, WebhookError> {
    let message_id = message_id(item).ok_or(WebhookError::Malformed)?;
    Ok(Event::Message { message_id, status: MessageStatus::Sent })
}

fn connection_update(item: &Value) -> Event {
    let state = item.get("state").and_then(Value::as_str).unwrap_or_default();
    let reason = item.get("statusReason").and_then(Value::as_i64);
    Event::Connection { state: map::connection_state_of(state), reason }
}

fn message_id(item: &Value) -> Option<String> {
    let id = item.get("keyId").or_else(|| item.pointer("/key/id"))?;
    word(id.as_str()?)
}

fn word(text: &str) -> Option<String> {
    let usable = !text.is_empty()
        && text.len() <= WORD_LIMIT_BYTES
        && !text.contains(|c: char| c.is_control());
    usable.then(|| text.to_owned())
}
