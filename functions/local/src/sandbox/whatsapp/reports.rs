//! Messages proceed to the phone, and the sender is told by webhook, as Evolution does it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use connectors::http::{Effect, exchange};
use jsonwebtoken::{EncodingKey, Header, encode};
use serde_json::{Value, json};

use super::messages::{Ack, Message};
use super::{Gateway, State, Webhook, api};

const ATTEMPTS_LIMIT: u32 = 10;
const RETRY_LIMIT: Duration = Duration::from_secs(300);
const TOKEN_LIFE_S: i64 = 600;
/// After these Evolution does not repeat.
const FINAL_STATUSES: [u16; 5] = [400, 401, 403, 404, 422];
/// The header that is not sent: the token is signed with it.
const JWT_KEY: &str = "jwt_key";

/// Takes a message as far as it may go, in the background; one task at a time for each message.
pub(super) fn deliver(gateway: &Arc<Gateway>, id: String) {
    if !gateway.state().under_way.insert(id.clone()) {
        return;
    }
    let gateway = Arc::clone(gateway);
    tokio::spawn(async move {
        while let Some((message, step)) = next_step(&gateway, &id) {
            let (event, data) = match step {
                Ack::Pending | Ack::ServerAck => ("send.message", api::sent(&message)),
                Ack::DeliveryAck | Ack::Read => ("messages.update", update(&message, step)),
            };
            report(&gateway, &message.instance, event, data).await;
            if let Err(error) = gateway.state().messages.set_reported(&id, step) {
                tracing::error!(%error, "the sandbox cannot write its data");
                let mut state = gateway.state();
                gateway.rest(&mut state, &id);
                return;
            }
        }
    });
}

/// The next thing to tell the sender of, or the end of the task. The phone is that far first: the
/// ticks do not wait for the sender.
fn next_step(gateway: &Gateway, id: &str) -> Option<(Message, Ack)> {
    let mut state = gateway.state();
    let step = advance(&mut state, id);
    if step.is_none() {
        gateway.rest(&mut state, id);
    }
    step
}

fn advance(state: &mut State, id: &str) -> Option<(Message, Ack)> {
    let step = match state.messages.get(id)?.reported {
        Ack::Pending => Ack::ServerAck,
        Ack::ServerAck => Ack::DeliveryAck,
        Ack::DeliveryAck => Ack::Read,
        Ack::Read => return None,
    };
    if state.scripted.hold && step > Ack::ServerAck {
        return None;
    }
    if let Err(error) = state.messages.set_status(id, step) {
        tracing::error!(%error, "the sandbox cannot write its data");
        return None;
    }
    Some((state.messages.get(id)?.clone(), step))
}

fn update(message: &Message, status: Ack) -> Value {
    let jid = format!("{}@s.whatsapp.net", message.number);
    json!({
        "messageId": message.seq.to_string(),
        "keyId": message.id,
        "remoteJid": jid,
        "fromMe": true,
        "participant": jid,
        "status": status.word(),
        "instanceId": message.instance,
    })
}

/// Reports that an instance went on or off line, in the background.
pub(super) fn connection(gateway: &Arc<Gateway>, instance: String, state: String) {
    let gateway = Arc::clone(gateway);
    tokio::spawn(async move {
        let reason = if state == "open" { 200 } else { 428 };
        let data = json!({ "instance": instance, "state": state, "statusReason": reason });
        report(&gateway, &instance, "connection.update", data).await;
    });
}

/// Posts one event to the instance's webhook, repeating as Evolution does; gives up in the end.
async fn report(gateway: &Gateway, instance: &str, event: &str, data: Value) {
    let Some(webhook) = gateway.state().instances.get(instance).cloned().flatten() else { return };
    let name = event.replace('.', "_").to_uppercase();
    let wanted = webhook.events.is_empty() || webhook.events.contains(&name);
    if !webhook.enabled || !wanted {
        return;
    }
    let url = if webhook.by_events {
        format!("{}/{}", webhook.url.trim_end_matches('/'), event.replace('.', "-"))
    } else {
        webhook.url.clone()
    };
    let body = json!({
        "event": event,
        "instance": instance,
        "data": data,
        "destination": webhook.url,
        "date_time": (gateway.config.wall_now)().to_string(),
        "sender": "000000000000@s.whatsapp.net",
        "server_url": "http://sandbox.invalid",
        "apikey": "sandbox",
    });
    let mut wait = gateway.config.first_retry;
    for attempt in 1..=ATTEMPTS_LIMIT {
        match post(gateway, &webhook, &url, &body).await {
            Some(status) if (200..300).contains(&status) => return,
            Some(status) if FINAL_STATUSES.contains(&status) => {
                tracing::warn!(status, event, "the webhook refused a report");
                return;
            }
            status => tracing::warn!(?status, event, attempt, "a report did not arrive"),
        }
        if attempt < ATTEMPTS_LIMIT {
            tokio::time::sleep(wait).await;
            wait = (wait * 2).min(RETRY_LIMIT);
        }
    }
}

/// The status of the answer, if one came.
async fn post(gateway: &Gateway, webhook: &Webhook, url: &str, body: &Value) -> Option<u16> {
    let _turn = gateway.reports_at_once.acquire().await.ok()?;
    let mut request = gateway.http.post(url).json(body);
    for (name, value) in &webhook.headers {
        request = if name == JWT_KEY {
            request.bearer_auth(token(value, (gateway.config.wall_now)().as_second())?)
        } else {
            request.header(name, value)
        };
    }
    exchange(request, Effect::Read).await.ok().map(|reply| reply.status.as_u16())
}

/// What proves that Evolution reports.
pub(crate) fn token(key: &str, now_s: i64) -> Option<String> {
    let claims: BTreeMap<&str, Value> = BTreeMap::from([
        ("iat", json!(now_s)),
        ("exp", json!(now_s + TOKEN_LIFE_S)),
        ("app", json!("evolution")),
        ("action", json!("webhook")),
    ]);
    encode(&Header::default(), &claims, &EncodingKey::from_secret(key.as_bytes())).ok()
}
