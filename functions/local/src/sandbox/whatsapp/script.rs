//! What the sandbox is told to do, and what it can be asked.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};

use super::messages::Message;
use super::{Gateway, reports};

const FAULTS_LIMIT_ITEMS: usize = 1_000;
const NUMBERS_LIMIT_ITEMS: usize = 10_000;
const PAGE_LIMIT_ITEMS: usize = 1_000;

pub(super) fn routes() -> Router<Arc<Gateway>> {
    Router::new()
        .route("/sandbox/script", post(set))
        .route("/sandbox/whatsapp/messages", get(messages))
        .route("/sandbox/whatsapp/reply", post(reply))
}

/// How a send goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Fault {
    /// Status 500; nothing is sent.
    Error,
    /// Status 429 with `Retry-After: 1`; nothing is sent.
    RateLimit,
    /// Status 400 "Connection Closed"; nothing is sent.
    Disconnected,
    /// No answer; nothing is sent.
    Timeout,
    /// No answer, though the message is sent.
    TimeoutAfterSending,
    /// Status 400, though the message is sent.
    ErrorAfterSending,
    /// Status 201 with half a body; the message is sent.
    Malformed,
}

#[derive(Default)]
pub(super) struct Scripted {
    faults: VecDeque<Fault>,
    not_on_whatsapp: BTreeSet<String>,
    /// Messages go to WhatsApp and no further.
    pub(super) hold: bool,
    connections: BTreeMap<String, String>,
}

impl Scripted {
    pub(super) fn next_fault(&mut self) -> Option<Fault> {
        self.faults.pop_front()
    }

    pub(super) fn on_whatsapp(&self, number: &str) -> bool {
        !self.not_on_whatsapp.contains(number)
    }

    pub(super) fn connection(&self, instance: &str) -> &str {
        self.connections.get(instance).map_or("open", String::as_str)
    }
}

/// `POST /sandbox/script`. Each field given takes effect; `reset` first.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Script {
    /// Back to a gateway where everything works. Messages stay.
    #[serde(default)]
    reset: bool,
    /// The next sends, one fault each.
    #[serde(default)]
    fail_next: Vec<Repeated>,
    /// Numbers (digits) to add to those that are not on WhatsApp.
    #[serde(default)]
    not_on_whatsapp: Vec<String>,
    /// `true`: messages stay at one tick. `false`: they go on, those held included.
    hold: Option<bool>,
    /// An instance goes on or off line, and reports it.
    connection: Option<Connection>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Repeated {
    fault: Fault,
    #[serde(default = "once")]
    times: usize,
}

const fn once() -> usize {
    1
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Connection {
    instance: String,
    /// Evolution's word: `open`, `connecting`, `close`, `refused`.
    state: String,
}

async fn set(
    State(gateway): State<Arc<Gateway>>,
    Json(script): Json<Script>,
) -> Result<StatusCode, (StatusCode, &'static str)> {
    let faults: usize =
        script.fail_next.iter().map(|repeated| repeated.times.min(FAULTS_LIMIT_ITEMS + 1)).sum();
    let released = {
        let mut state = gateway.state();
        if script.reset {
            state.scripted = Scripted::default();
        }
        let full = state.scripted.faults.len() + faults > FAULTS_LIMIT_ITEMS
            || state.scripted.not_on_whatsapp.len() + script.not_on_whatsapp.len()
                > NUMBERS_LIMIT_ITEMS
            || script
                .connection
                .as_ref()
                .is_some_and(|connection| !state.instances.contains_key(&connection.instance));
        if full {
            return Err((
                StatusCode::UNPROCESSABLE_ENTITY,
                "too many faults or numbers, or an instance that does not exist",
            ));
        }
        for Repeated { fault, times } in script.fail_next {
            state.scripted.faults.extend(std::iter::repeat_n(fault, times));
        }
        state.scripted.not_on_whatsapp.extend(script.not_on_whatsapp);
        if let Some(hold) = script.hold {
            state.scripted.hold = hold;
        }
        if let Some(Connection { instance, state: word }) = &script.connection {
            state.scripted.connections.insert(instance.clone(), word.clone());
        }
        let held = script.reset || script.hold == Some(false);
        if held { state.messages.unfinished() } else { Vec::new() }
    };
    for id in released {
        reports::deliver(&gateway, id);
    }
    if let Some(Connection { instance, state }) = script.connection {
        reports::connection(&gateway, instance, state);
    }
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /sandbox/whatsapp/reply`: the owner of a phone writes to an instance.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Reply {
    instance: String,
    /// Digits with the country code, as the account's name has them.
    number: String,
    text: String,
}

async fn reply(State(gateway): State<Arc<Gateway>>, Json(reply): Json<Reply>) -> StatusCode {
    if !gateway.state().instances.contains_key(&reply.instance) {
        return StatusCode::UNPROCESSABLE_ENTITY;
    }
    reports::reply(&gateway, &reply.instance, &reply.number, &reply.text).await;
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
struct Asked {
    /// Digits with the country code; all numbers if not given.
    number: Option<String>,
    /// Only messages after this `seq`.
    #[serde(default)]
    since: u64,
}

#[derive(Serialize)]
struct Page {
    /// Oldest first, at most 1,000.
    messages: Vec<Message>,
}

async fn messages(State(gateway): State<Arc<Gateway>>, Query(asked): Query<Asked>) -> Json<Page> {
    let state = gateway.state();
    let messages = state
        .messages
        .iter()
        .filter(|message| {
            message.seq > asked.since
                && asked.number.as_ref().is_none_or(|number| *number == message.number)
        })
        .take(PAGE_LIMIT_ITEMS)
        .cloned()
        .collect();
    Json(Page { messages })
}
