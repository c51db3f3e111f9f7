//! Amazon SES's `SendEmail`, API v2, and the mailboxes of everyone it writes to.

use std::collections::VecDeque;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::extract::State;
use axum::http::{HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::book::{Book, Entry};
use super::html::{Escaped, page_of, put, time};
use super::whatsapp::Now;
use crate::cloud::signed;

const FAULTS_LIMIT_ITEMS: usize = 1_000;
const PAGE_LIMIT_ITEMS: usize = 1_000;
const SHOWN_LIMIT_ITEMS: usize = 200;
const ERROR_TYPE: HeaderName = HeaderName::from_static("x-amzn-errortype");

/// An e-mail that was taken over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Grows by one with each message.
    pub seq: u64,
    pub id: String,
    /// The header as it came.
    pub from: String,
    pub to: String,
    pub subject: String,
    pub text: String,
    pub at: Timestamp,
}

impl Entry for Message {
    fn seq(&self) -> u64 {
        self.seq
    }
}

/// How a send goes wrong: nothing is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Fault {
    /// The e-mail is refused for good.
    Rejected,
    /// Too many requests.
    RateLimit,
    /// Status 500.
    Error,
}

/// SES and everything it remembers.
pub struct Mailbox {
    now: Now,
    state: Mutex<Kept>,
}

struct Kept {
    book: Book<Message>,
    faults: VecDeque<Fault>,
}

impl std::fmt::Debug for Mailbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Mailbox")
    }
}

impl Mailbox {
    pub(super) fn open(data_dir: &Path, now: Now) -> io::Result<Self> {
        let book = Book::open(data_dir.join("email-messages.jsonl"))?;
        Ok(Self { now, state: Mutex::new(Kept { book, faults: VecDeque::new() }) })
    }

    /// The number of e-mails taken over since the data folder was made.
    pub fn messages_taken(&self) -> u64 {
        self.state().book.next_seq().saturating_sub(1)
    }

    /// A test that panicked with the lock in hand must not take the sandbox down.
    fn state(&self) -> MutexGuard<'_, Kept> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// SES's route, which only the SDK with the local credentials reaches; the script and the page.
pub fn router(mailbox: Arc<Mailbox>) -> Router {
    let service = Router::new()
        .route("/v2/email/outbound-emails", post(send))
        .with_state(Arc::clone(&mailbox));
    let pages = Router::new()
        .route("/sandbox/email/script", post(script))
        .route("/sandbox/email/messages", get(messages))
        .route("/mailbox", get(page))
        .with_state(mailbox);
    signed(service).merge(pages)
}

/// The part of `SendEmail` that is used.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SendEmail {
    from_email_address: String,
    destination: Destination,
    content: Content,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Destination {
    to_addresses: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Content {
    simple: Simple,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Simple {
    subject: Text,
    body: Body,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Body {
    text: Text,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Text {
    data: String,
}

fn refused(status: StatusCode, name: &'static str, message: &str) -> Response {
    (status, [(ERROR_TYPE, name)], Json(json!({ "message": message }))).into_response()
}

async fn send(State(mailbox): State<Arc<Mailbox>>, body: axum::body::Bytes) -> Response {
    let fault = mailbox.state().faults.pop_front();
    match fault {
        Some(Fault::Rejected) => {
            return refused(StatusCode::BAD_REQUEST, "MessageRejected", "rejected");
        }
        Some(Fault::RateLimit) => {
            let status = StatusCode::TOO_MANY_REQUESTS;
            return refused(status, "TooManyRequestsException", "too many requests");
        }
        Some(Fault::Error) => return StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        None => {}
    }
    let Ok(email) = serde_json::from_slice::<SendEmail>(&body) else {
        return refused(StatusCode::BAD_REQUEST, "BadRequestException", "not a simple e-mail");
    };
    let [to] = email.destination.to_addresses.as_slice() else {
        return refused(StatusCode::BAD_REQUEST, "BadRequestException", "not one recipient");
    };
    let at = (mailbox.now)();
    let mut state = mailbox.state();
    let seq = state.book.next_seq();
    let message = Message {
        seq,
        id: format!("0100{seq:056x}"),
        from: email.from_email_address,
        to: to.clone(),
        subject: email.content.simple.subject.data,
        text: email.content.simple.body.text.data,
        at,
    };
    let answer = json!({ "MessageId": message.id });
    match state.book.add(message) {
        Ok(()) => Json(answer).into_response(),
        Err(error) => {
            tracing::error!(%error, "the sandbox cannot write its data");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// `POST /sandbox/email/script`: the next sends go wrong, one fault each.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Script {
    fail_next: Vec<Fault>,
}

async fn script(State(mailbox): State<Arc<Mailbox>>, Json(script): Json<Script>) -> StatusCode {
    let mut state = mailbox.state();
    if state.faults.len() + script.fail_next.len() > FAULTS_LIMIT_ITEMS {
        return StatusCode::UNPROCESSABLE_ENTITY;
    }
    state.faults.extend(script.fail_next);
    StatusCode::NO_CONTENT
}

/// The newest e-mails, oldest first.
async fn messages(State(mailbox): State<Arc<Mailbox>>) -> Json<Value> {
    let state = mailbox.state();
    let mut shown: Vec<&Message> = state.book.iter().rev().take(PAGE_LIMIT_ITEMS).collect();
    shown.reverse();
    Json(json!({ "messages": shown }))
}

async fn page(State(mailbox): State<Arc<Mailbox>>) -> impl IntoResponse {
    let state = mailbox.state();
    let mut body = String::from(
        "<header><h1>Mailbox</h1><p>every e-mail that was sent, newest first</p></header><ol>",
    );
    for message in state.book.iter().rev().take(SHOWN_LIMIT_ITEMS) {
        put(
            &mut body,
            format_args!(
                "<li><div class=from>{} → {}</div><p class=text><strong>{}</strong>\n{}</p>\
                 <div class=meta>{}</div></li>",
                Escaped(&message.from),
                Escaped(&message.to),
                Escaped(&message.subject),
                Escaped(&message.text),
                time(message.at),
            ),
        );
    }
    body.push_str("</ol>");
    page_of("Mailbox", &body)
}
