//! A provider of text messages that speaks MSG91's contract, and the phones it writes to.

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::book::{Book, Entry};
use super::html::{Escaped, page_of, put, time};
use super::whatsapp::Now;

const BODY_LIMIT_BYTES: usize = 64 * 1024;
const FAULTS_LIMIT_ITEMS: usize = 1_000;
const PAGE_LIMIT_ITEMS: usize = 1_000;
const SHOWN_LIMIT_ITEMS: usize = 200;
/// Longer than any client waits.
const SILENCE: Duration = Duration::from_secs(120);

/// A text message that was taken over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Grows by one with each message.
    pub seq: u64,
    pub id: String,
    /// The recipient: digits with the country code.
    pub number: String,
    /// The registered text's id.
    pub template: String,
    /// `var1`, `var2`…
    pub values: BTreeMap<String, String>,
    pub at: Timestamp,
}

impl Entry for Message {
    fn seq(&self) -> u64 {
        self.seq
    }
}

/// How a send goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Fault {
    /// Status 200 and an error about the text.
    Refused,
    /// Status 429 with `Retry-After: 1`.
    RateLimit,
    /// Status 500.
    Error,
    /// No answer.
    Timeout,
    /// Status 200 with half a body, though the message is sent.
    Malformed,
}

/// The provider and everything it remembers.
pub struct Provider {
    key: SecretString,
    now: Now,
    state: Mutex<Kept>,
}

struct Kept {
    book: Book<Message>,
    faults: VecDeque<Fault>,
}

impl std::fmt::Debug for Provider {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Provider")
    }
}

impl Provider {
    pub(super) fn open(data_dir: &Path, key: SecretString, now: Now) -> io::Result<Self> {
        let book = Book::open(data_dir.join("sms-messages.jsonl"))?;
        Ok(Self { key, now, state: Mutex::new(Kept { book, faults: VecDeque::new() }) })
    }

    /// The number of messages taken over since the data folder was made.
    pub fn messages_taken(&self) -> u64 {
        self.state().book.next_seq().saturating_sub(1)
    }

    /// A test that panicked with the lock in hand must not take the sandbox down.
    fn state(&self) -> MutexGuard<'_, Kept> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// MSG91's route, the script and the page.
pub fn router(provider: Arc<Provider>) -> Router {
    Router::new()
        .route("/api/v5/flow", post(flow))
        .route("/sandbox/sms/script", post(script))
        .route("/sandbox/sms/messages", get(messages))
        .route("/sms", get(page))
        .layer(DefaultBodyLimit::max(BODY_LIMIT_BYTES))
        .with_state(provider)
}

#[derive(Deserialize)]
struct Flow {
    #[serde(default)]
    template_id: String,
    #[serde(default)]
    recipients: Vec<BTreeMap<String, String>>,
}

fn refused(status: StatusCode, message: &str) -> Response {
    (status, Json(json!({ "type": "error", "message": message }))).into_response()
}

async fn flow(
    State(provider): State<Arc<Provider>>,
    headers: HeaderMap,
    body: axum::body::Bytes,
) -> Response {
    let given = headers.get("authkey").map(HeaderValue::as_bytes);
    if given != Some(provider.key.expose_secret().as_bytes()) {
        return refused(StatusCode::UNAUTHORIZED, "Invalid authkey");
    }
    let fault = provider.state().faults.pop_front();
    match fault {
        Some(Fault::Refused) => return refused(StatusCode::OK, "Template id missing or invalid"),
        Some(Fault::RateLimit) => {
            let refusal = refused(StatusCode::TOO_MANY_REQUESTS, "Too many requests");
            return ([(header::RETRY_AFTER, "1")], refusal).into_response();
        }
        Some(Fault::Error) => return StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        Some(Fault::Timeout) => {
            tokio::time::sleep(SILENCE).await;
            return StatusCode::GATEWAY_TIMEOUT.into_response();
        }
        Some(Fault::Malformed) | None => {}
    }
    let Ok(Flow { template_id, recipients }) = serde_json::from_slice(&body) else {
        return refused(StatusCode::BAD_REQUEST, "Invalid JSON");
    };
    if template_id.is_empty() {
        return refused(StatusCode::BAD_REQUEST, "Template id missing or invalid");
    }
    match accept(&provider, &template_id, recipients) {
        Ok(Some(_)) if fault == Some(Fault::Malformed) => "{\"type\":".into_response(),
        Ok(Some(id)) => Json(json!({ "type": "success", "message": id })).into_response(),
        Ok(None) => refused(StatusCode::BAD_REQUEST, "Please provide valid mobile number"),
        Err(error) => {
            tracing::error!(%error, "the sandbox cannot write its data");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// Keeps a message for each recipient; answers the request's id, or none without a recipient.
fn accept(
    provider: &Provider,
    template: &str,
    recipients: Vec<BTreeMap<String, String>>,
) -> io::Result<Option<String>> {
    let at = (provider.now)();
    let mut state = provider.state();
    let id = format!("{:024x}", state.book.next_seq());
    let mut is_taken = false;
    for mut values in recipients {
        let Some(number) = values.remove("mobiles").filter(|number| is_number(number)) else {
            return Ok(None);
        };
        let seq = state.book.next_seq();
        let (id, template) = (id.clone(), template.to_owned());
        state.book.add(Message { seq, id, number, template, values, at })?;
        is_taken = true;
    }
    Ok(is_taken.then_some(id))
}

fn is_number(text: &str) -> bool {
    (8..=15).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// `POST /sandbox/sms/script`: the next sends go wrong, one fault each.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Script {
    fail_next: Vec<Fault>,
}

async fn script(State(provider): State<Arc<Provider>>, Json(script): Json<Script>) -> StatusCode {
    let mut state = provider.state();
    if state.faults.len() + script.fail_next.len() > FAULTS_LIMIT_ITEMS {
        return StatusCode::UNPROCESSABLE_ENTITY;
    }
    state.faults.extend(script.fail_next);
    StatusCode::NO_CONTENT
}

/// The newest messages, oldest first.
async fn messages(State(provider): State<Arc<Provider>>) -> Json<Value> {
    let state = provider.state();
    let mut shown: Vec<&Message> = state.book.iter().rev().take(PAGE_LIMIT_ITEMS).collect();
    shown.reverse();
    Json(json!({ "messages": shown }))
}

async fn page(State(provider): State<Arc<Provider>>) -> impl IntoResponse {
    let state = provider.state();
    let mut body = String::from(
        "<header><h1>Text messages</h1><p>every phone the sandbox wrote to, newest first</p>\
         </header><ol>",
    );
    for message in state.book.iter().rev().take(SHOWN_LIMIT_ITEMS) {
        let values: Vec<&str> = message.values.values().map(String::as_str).collect();
        put(
            &mut body,
            format_args!(
                "<li><div class=from>+{}</div><p class=text>{}: {}</p><div class=meta>{}</div></li>",
                Escaped(&message.number),
                Escaped(&message.template),
                Escaped(&values.join(" · ")),
                time(message.at),
            ),
        );
    }
    body.push_str("</ol>");
    page_of("Text messages", &body)
}
