//! The routes of Evolution API v2 that we use.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use secrecy::ExposeSecret as _;
use serde::Deserialize;
use serde_json::{Value, json};

use super::messages::{Ack, Message};
use super::script::Fault;
use super::{Gateway, Webhook, reports};

const BODY_LIMIT_BYTES: usize = 256 * 1024;
/// Longer than any client waits.
const SILENCE: Duration = Duration::from_secs(120);

pub(super) fn routes() -> Router<Arc<Gateway>> {
    Router::new()
        .route("/message/sendText/{instance}", post(send_text))
        .route("/instance/create", post(create_instance))
        .route("/instance/connectionState/{instance}", get(connection_state))
        .route("/webhook/set/{instance}", post(set_webhook))
        .route("/webhook/find/{instance}", get(find_webhook))
        .layer(DefaultBodyLimit::max(BODY_LIMIT_BYTES))
}

/// An error in Evolution's form.
pub(super) struct Refusal {
    status: StatusCode,
    message: Value,
}

impl Refusal {
    fn new(status: StatusCode, message: Value) -> Self {
        Self { status, message }
    }
}

impl From<io::Error> for Refusal {
    fn from(error: io::Error) -> Self {
        tracing::error!(%error, "the sandbox cannot write its data");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, json!(["the sandbox cannot write its data"]))
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let body = json!({
            "status": self.status.as_u16(),
            "error": self.status.canonical_reason(),
            "response": { "message": self.message },
        });
        (self.status, Json(body)).into_response()
    }
}

fn authorise(gateway: &Gateway, headers: &HeaderMap) -> Result<(), Refusal> {
    let given = headers.get("apikey").map(HeaderValue::as_bytes);
    if given == Some(gateway.config.api_key.expose_secret().as_bytes()) {
        return Ok(());
    }
    Err(Refusal::new(StatusCode::UNAUTHORIZED, json!("Unauthorized")))
}

/// The key first, then the instance, as Evolution does.
fn enter(gateway: &Gateway, headers: &HeaderMap, instance: &str) -> Result<(), Refusal> {
    authorise(gateway, headers)?;
    if gateway.state().instances.contains_key(instance) {
        return Ok(());
    }
    let message = format!("The \"{instance}\" instance does not exist");
    Err(Refusal::new(StatusCode::NOT_FOUND, json!([message])))
}

fn read<T: serde::de::DeserializeOwned>(body: &[u8]) -> Result<T, Refusal> {
    serde_json::from_slice(body)
        .map_err(|error| Refusal::new(StatusCode::BAD_REQUEST, json!([[error.to_string()]])))
}

/// Other fields of Evolution's are accepted and have no effect here.
#[derive(Deserialize)]
struct SendText {
    number: Option<String>,
    text: Option<String>,
}

async fn send_text(
    State(gateway): State<Arc<Gateway>>,
    Path(instance): Path<String>,
    headers: HeaderMap,
    body: axum::body::Bytes,
) -> Result<Response, Refusal> {
    enter(&gateway, &headers, &instance)?;
    let fault = gateway.state().scripted.next_fault();
    match fault {
        Some(Fault::Error) => {
            return Err(Refusal::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                json!("Internal Server Error"),
            ));
        }
        Some(Fault::RateLimit) => {
            let refusal = Refusal::new(StatusCode::TOO_MANY_REQUESTS, json!(["Too Many Requests"]));
            return Ok(([(header::RETRY_AFTER, "1")], refusal).into_response());
        }
        Some(Fault::Timeout) => return Ok(silence().await),
        Some(Fault::Disconnected) => {
            return Err(Refusal::new(StatusCode::BAD_REQUEST, json!(["Error: Connection Closed"])));
        }
        Some(Fault::TimeoutAfterSending | Fault::ErrorAfterSending | Fault::Malformed) | None => {}
    }
    let body: SendText = read(&body)?;
    let number: String = body
        .number
        .ok_or_else(|| missing("number"))?
        .chars()
        .filter(char::is_ascii_digit)
        .collect();
    let text = body.text.ok_or_else(|| missing("text"))?;
    if text.trim().is_empty() {
        return Err(Refusal::new(StatusCode::BAD_REQUEST, json!(["Text is required"])));
    }
    let jid = format!("{number}@s.whatsapp.net");
    if !gateway.state().scripted.on_whatsapp(&number) {
        let message = json!([{ "jid": jid, "exists": false, "number": number }]);
        return Err(Refusal::new(StatusCode::BAD_REQUEST, message));
    }
    let dedupe_key =
        headers.get("idempotency-key").and_then(|key| key.to_str().ok()).map(str::to_owned);
    let message = accept(&gateway, instance, number, text, dedupe_key)?;
    reports::deliver(&gateway, message.id.clone());
    match fault {
        Some(Fault::TimeoutAfterSending) => Ok(silence().await),
        Some(Fault::ErrorAfterSending) => Err(Refusal::new(
            StatusCode::BAD_REQUEST,
            json!(["PrismaClientKnownRequestError: the message could not be filed"]),
        )),
        Some(Fault::Malformed) => Ok((StatusCode::CREATED, "{\"key\":").into_response()),
        _ => Ok((StatusCode::CREATED, Json(sent(&message))).into_response()),
    }
}

fn missing(field: &str) -> Refusal {
    let message = format!("requires property \"{field}\"");
    Refusal::new(StatusCode::BAD_REQUEST, json!([[message]]))
}

async fn silence() -> Response {
    tokio::time::sleep(SILENCE).await;
    StatusCode::GATEWAY_TIMEOUT.into_response()
}

fn accept(
    gateway: &Gateway,
    instance: String,
    number: String,
    text: String,
    dedupe_key: Option<String>,
) -> io::Result<Message> {
    let at = (gateway.config.business_now)();
    let made_ms = (gateway.config.wall_now)().as_millisecond();
    let mut state = gateway.state();
    let seq = state.messages.next_seq();
    let message = Message {
        seq,
        id: format!("3EB0{made_ms:012X}{seq:06X}"),
        instance,
        number,
        text,
        at,
        dedupe_key,
        status: Ack::Pending,
        reported: Ack::Pending,
    };
    state.messages.add(message.clone())?;
    Ok(message)
}

/// The reply to a send, and the `data` of `send.message`.
pub(super) fn sent(message: &Message) -> Value {
    json!({
        "key": {
            "remoteJid": format!("{}@s.whatsapp.net", message.number),
            "fromMe": true,
            "id": message.id,
        },
        "pushName": "",
        "status": Ack::Pending.word(),
        "message": { "conversation": message.text },
        "contextInfo": null,
        "messageType": "conversation",
        "messageTimestamp": message.at.as_second(),
        "instanceId": message.instance,
        "source": "unknown",
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CreateInstance {
    instance_name: String,
}

async fn create_instance(
    State(gateway): State<Arc<Gateway>>,
    headers: HeaderMap,
    body: axum::body::Bytes,
) -> Result<Response, Refusal> {
    authorise(&gateway, &headers)?;
    let CreateInstance { instance_name: name } = read(&body)?;
    if name.is_empty() || name.len() > 100 {
        return Err(missing("instanceName"));
    }
    if gateway.state().instances.contains_key(&name) {
        let message = format!("This name \"{name}\" is already in use.");
        return Err(Refusal::new(StatusCode::FORBIDDEN, json!([message])));
    }
    gateway.add_instance(&name)?;
    let body = json!({ "instance": { "instanceName": name, "status": "open" } });
    Ok((StatusCode::CREATED, Json(body)).into_response())
}

async fn connection_state(
    State(gateway): State<Arc<Gateway>>,
    Path(instance): Path<String>,
    headers: HeaderMap,
) -> Result<Json<Value>, Refusal> {
    enter(&gateway, &headers, &instance)?;
    let state = gateway.state().scripted.connection(&instance).to_owned();
    Ok(Json(json!({ "instance": { "instanceName": instance, "state": state } })))
}

#[derive(Deserialize)]
struct SetWebhook {
    webhook: Webhook,
}

async fn set_webhook(
    State(gateway): State<Arc<Gateway>>,
    Path(instance): Path<String>,
    headers: HeaderMap,
    body: axum::body::Bytes,
) -> Result<Response, Refusal> {
    enter(&gateway, &headers, &instance)?;
    let SetWebhook { webhook } = read(&body)?;
    let web =
        reqwest::Url::parse(&webhook.url).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
    if !web {
        return Err(Refusal::new(StatusCode::BAD_REQUEST, json!(["Invalid \"url\" property"])));
    }
    let answer = Json(&webhook).into_response();
    gateway.set_webhook(&instance, webhook)?;
    Ok((StatusCode::CREATED, answer).into_response())
}

async fn find_webhook(
    State(gateway): State<Arc<Gateway>>,
    Path(instance): Path<String>,
    headers: HeaderMap,
) -> Result<Json<Value>, Refusal> {
    enter(&gateway, &headers, &instance)?;
    let webhook = gateway.state().instances.get(&instance).cloned().flatten();
    Ok(Json(json!(webhook)))
}
