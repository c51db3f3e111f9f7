//! What travels: field names and shapes as Evolution API v2 has them. Unknown fields are ignored.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// `POST /message/sendText/{instance}`
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SendText<'a> {
    /// Digits with the country code, without a plus sign.
    pub number: &'a str,
    pub text: &'a str,
    /// With `true` the gateway fetches every address in the text before it sends.
    pub link_preview: bool,
}

/// Answer 201 to [`SendText`].
#[derive(Deserialize)]
pub(super) struct SendTextReply {
    pub key: MessageKey,
}

#[derive(Deserialize)]
pub(super) struct MessageKey {
    pub id: String,
}

/// Any answer from 400 up. `message` is a list of texts or of objects, now and then a lone one.
#[derive(Deserialize)]
pub(super) struct ErrorReply {
    pub response: ErrorBody,
}

#[derive(Deserialize)]
pub(super) struct ErrorBody {
    #[serde(default)]
    pub message: Value,
}

/// `GET /instance/connectionState/{instance}`
#[derive(Deserialize)]
pub(super) struct ConnectionStateReply {
    pub instance: InstanceState,
}

#[derive(Deserialize)]
pub(super) struct InstanceState {
    pub state: String,
}

/// `POST /webhook/set/{instance}`
#[derive(Serialize)]
pub(super) struct SetWebhook<'a> {
    pub webhook: WebhookSettings<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WebhookSettings<'a> {
    pub enabled: bool,
    pub url: &'a str,
    pub headers: WebhookHeaders<'a>,
    pub by_events: bool,
    pub base64: bool,
    pub events: &'a [&'a str],
}

/// The gateway does not send `jwt_key`: it signs a token with it.
#[derive(Serialize)]
pub(super) struct WebhookHeaders<'a> {
    pub jwt_key: &'a str,
}

/// What the gateway posts to us. `data` depends on the event; the fields that name people
/// (`sender`) and the key (`apikey`) are not taken over.
#[derive(Deserialize)]
pub(super) struct WebhookBody {
    pub event: String,
    pub instance: String,
    #[serde(default)]
    pub data: Value,
}
