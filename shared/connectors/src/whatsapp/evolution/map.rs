//! Between Evolution's words and ours.

use serde_json::Value;

use super::wire::{ConnectionStateReply, ErrorReply, SendTextReply};
use crate::http::{CallError, Effect, Reason, Reply, failure};
use crate::whatsapp::{ConnectionState, MessageStatus, Sent};

/// Ids that Baileys makes have 20 to 32 characters.
const MESSAGE_ID_LIMIT_BYTES: usize = 128;

/// Marks of the texts with which the gateway's schema check refuses a body.
const SCHEMA_REFUSALS: [&str; 5] =
    ["requires property", "is not of a type", "does not meet", "does not match", "is required"];

pub(super) fn sent(reply: &Reply) -> Result<Sent, CallError> {
    if !reply.status.is_success() {
        return Err(send_failure(reply));
    }
    reply
        .json::<SendTextReply>()
        .map(|reply| reply.key.id)
        .filter(|id| !id.is_empty() && id.len() <= MESSAGE_ID_LIMIT_BYTES)
        .map(|provider_message_id| Sent { provider_message_id })
        .ok_or_else(|| CallError::unknown("PROVIDER_REPLY", "the gateway's reply names no message"))
}

/// Evolution looks the number up first, then sends, then files the message away. What goes wrong
/// while or after sending, it reports as status 400 with the error's text, so a 400 of which the
/// text is not known may well have been sent. Status 500 it raises only before sending; 502 and
/// 504 come from a proxy that had already passed the request on.
fn send_failure(reply: &Reply) -> CallError {
    match reply.status.as_u16() {
        400 => bad_request(reply),
        500 | 503 => CallError::Retryable {
            reason: Reason::new("PROVIDER_ERROR", "the gateway failed before it sent"),
            after: reply.retry_after,
        },
        _ => common_failure(reply, Effect::Write),
    }
}

fn bad_request(reply: &Reply) -> CallError {
    let message = reply.json::<ErrorReply>().map_or(Value::Null, |error| error.response.message);
    let parts = leaves(&message);
    if parts.iter().any(|part| part.get("exists") == Some(&Value::Bool(false))) {
        return CallError::permanent("NUMBER_NOT_ON_WHATSAPP", "the number is not on WhatsApp");
    }
    let texts: Vec<&str> = parts.into_iter().filter_map(Value::as_str).collect();
    if texts.iter().any(|text| text.contains("Connection Closed")) {
        return CallError::retryable(
            "INSTANCE_DISCONNECTED",
            "the WhatsApp instance is not connected",
        );
    }
    let of_schema = |text: &&str| {
        !text.contains("Error: ") && SCHEMA_REFUSALS.iter().any(|mark| text.contains(mark))
    };
    if !texts.is_empty() && texts.iter().all(of_schema) {
        return CallError::permanent("PROVIDER_REFUSED", "the gateway refused the message's form");
    }
    CallError::unknown("PROVIDER_ERROR", "the gateway failed, perhaps after it sent (status 400)")
}

/// The schema check's texts come as a list in a list, all else as a list or alone.
fn leaves(message: &Value) -> Vec<&Value> {
    match message {
        Value::Array(parts) => parts.iter().flat_map(leaves).collect(),
        other => vec![other],
    }
}

pub(super) fn connection_state(reply: &Reply) -> Result<ConnectionState, CallError> {
    if !reply.status.is_success() {
        return Err(common_failure(reply, Effect::Read));
    }
    reply
        .json::<ConnectionStateReply>()
        .map(|reply| connection_state_of(&reply.instance.state))
        .ok_or_else(|| CallError::retryable("PROVIDER_REPLY", "the gateway's reply names no state"))
}

pub(super) fn done(reply: &Reply) -> Result<(), CallError> {
    if reply.status.is_success() { Ok(()) } else { Err(common_failure(reply, Effect::Read)) }
}

fn common_failure(reply: &Reply, effect: Effect) -> CallError {
    match reply.status.as_u16() {
        401 | 403 => CallError::permanent(
            "PROVIDER_CREDENTIALS",
            "the gateway refused the WhatsApp instance's key",
        ),
        404 => CallError::permanent(
            "INSTANCE_NOT_FOUND",
            "the gateway does not know the WhatsApp instance",
        ),
        _ => failure(reply, effect),
    }
}

/// A state of `messages.update`. A word we do not know, also a later one of theirs, is never taken
/// for a success.
pub(super) fn status_of(word: &str) -> MessageStatus {
    match word {
        "ERROR" => MessageStatus::Failed,
        "PENDING" => MessageStatus::Pending,
        "SERVER_ACK" => MessageStatus::Sent,
        "DELIVERY_ACK" => MessageStatus::Delivered,
        "READ" | "PLAYED" => MessageStatus::Read,
        _ => MessageStatus::Unknown,
    }
}

pub(super) fn connection_state_of(word: &str) -> ConnectionState {
    match word {
        "open" => ConnectionState::Open,
        "connecting" => ConnectionState::Connecting,
        "close" | "closed" | "refused" => ConnectionState::Closed,
        _ => ConnectionState::Unknown,
    }
}
