//! The calls.

use async_trait::async_trait;
use domain::identity::Phone;
use reqwest::{Client, Url};
use secrecy::{ExposeSecret, SecretString};

use super::{map, wire};
use crate::http::{CallError, Effect, exchange};
use crate::whatsapp::{ConnectionState, Instance, SendError, Sent, TEXT_LIMIT_CHARS, WhatsApp};

const API_KEY_HEADER: &str = "apikey";
/// Evolution ignores it; a gateway or proxy in front may use it, and it shows in traces.
const DEDUPE_HEADER: &str = "idempotency-key";
/// What we ask to be told of.
const EVENTS: [&str; 4] =
    ["MESSAGES_UPDATE", "MESSAGES_UPSERT", "SEND_MESSAGE", "CONNECTION_UPDATE"];

/// Evolution API v2 as a [`WhatsApp`] gateway. It keeps nothing: the instance of each call says
/// where to go and with which key, so one value serves every brand.
#[derive(Debug, Clone)]
pub struct Evolution {
    client: Client,
}

impl Evolution {
    /// `client` from [`crate::http::client`].
    pub const fn new(client: Client) -> Self {
        Self { client }
    }

    /// Tells the gateway to report to `url`, each report with a token signed with `jwt_key`
    /// (see [`super::webhook`]). Setting it again is harmless.
    ///
    /// # Errors
    /// As [`WhatsApp::connection_state`].
    pub async fn set_webhook(
        &self,
        instance: &Instance,
        url: &str,
        jwt_key: &SecretString,
    ) -> Result<(), CallError> {
        let body = wire::SetWebhook {
            webhook: wire::WebhookSettings {
                enabled: true,
                url,
                headers: wire::WebhookHeaders { jwt_key: jwt_key.expose_secret() },
                by_events: false,
                base64: false,
                events: &EVENTS,
            },
        };
        let request = self.client.post(address(instance, ["webhook", "set"])?).json(&body);
        let request = request.header(API_KEY_HEADER, instance.api_key.expose_secret());
        map::done(&exchange(request, Effect::Read).await?)
    }
}

#[async_trait]
impl WhatsApp for Evolution {
    async fn send_text(
        &self,
        instance: &Instance,
        to: &Phone,
        text: &str,
        dedupe_key: &str,
    ) -> Result<Sent, SendError> {
        if text.trim().is_empty() || text.chars().count() > TEXT_LIMIT_CHARS {
            return Err(CallError::permanent(
                "TEXT_LENGTH",
                format!("a message must have 1 to {TEXT_LIMIT_CHARS} characters"),
            ));
        }
        let body = wire::SendText { number: to.expose_digits(), text, link_preview: false };
        let request = self
            .client
            .post(address(instance, ["message", "sendText"])?)
            .header(API_KEY_HEADER, instance.api_key.expose_secret())
            .header(DEDUPE_HEADER, dedupe_key)
            .json(&body);
        map::sent(&exchange(request, Effect::Write).await?)
    }

    async fn connection_state(&self, instance: &Instance) -> Result<ConnectionState, CallError> {
        let request = self
            .client
            .get(address(instance, ["instance", "connectionState"])?)
            .header(API_KEY_HEADER, instance.api_key.expose_secret());
        map::connection_state(&exchange(request, Effect::Read).await?)
    }
}

fn address(instance: &Instance, path: [&str; 2]) -> Result<Url, CallError> {
    let mut url = instance.base_url.clone();
    url.path_segments_mut()
        .map_err(|()| {
            CallError::permanent("PROVIDER_REQUEST", "the gateway's address has no path")
        })?
        .pop_if_empty()
        .extend(path)
        .push(&instance.name);
    Ok(url)
}
