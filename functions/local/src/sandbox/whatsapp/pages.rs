//! The phone: plain pages, made here, that fetch nothing from elsewhere and run no script.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Query, State};
use axum::response::IntoResponse;
use axum::routing::get;
use serde::Deserialize;

use super::Gateway;
use super::messages::{Ack, Message};
use crate::sandbox::html::{Escaped, page_of, put, time};

const CHATS_PAGE_ITEMS: usize = 100;
const MESSAGES_PAGE_ITEMS: usize = 100;
pub(super) fn routes() -> Router<Arc<Gateway>> {
    Router::new().route("/whatsapp", get(chats)).route("/whatsapp/{number}", get(chat))
}

#[derive(Deserialize)]
struct ChatsPage {
    /// Chats to leave out, newest first.
    #[serde(default)]
    skip: usize,
}

async fn chats(
    State(gateway): State<Arc<Gateway>>,
    Query(page): Query<ChatsPage>,
) -> impl IntoResponse {
    let state = gateway.state();
    let chats = state.messages.chats();
    let mut body =
        String::from("<header><h1>WhatsApp</h1><p>every phone the sandbox wrote to</p></header>");
    if chats.is_empty() {
        body.push_str("<p class=note>No message yet.</p>");
    }
    body.push_str("<ul>");
    for (message, count) in chats.iter().skip(page.skip).take(CHATS_PAGE_ITEMS) {
        put(
            &mut body,
            format_args!(
                "<li><a href=\"/whatsapp/{number}\"><div class=line><strong>+{number}</strong>\
                 <span class=meta>{at}</span></div><div class=line><span class=last>{ticks} {text}\
                 </span><span class=meta>{count}</span></div></a></li>",
                number = Escaped(&message.number),
                at = time(message.at),
                ticks = ticks(message.status),
                text = Escaped(first_line(&message.text)),
            ),
        );
    }
    body.push_str("</ul>");
    let shown = page.skip.saturating_add(CHATS_PAGE_ITEMS);
    if chats.len() > shown {
        put(
            &mut body,
            format_args!("<p class=note><a href=\"/whatsapp?skip={shown}\">Older chats</a></p>"),
        );
    }
    page_of("WhatsApp", &body)
}

#[derive(Deserialize)]
struct ChatPage {
    /// Only messages before this `seq`.
    before: Option<u64>,
}

async fn chat(
    State(gateway): State<Arc<Gateway>>,
    Path(number): Path<String>,
    Query(page): Query<ChatPage>,
) -> impl IntoResponse {
    let state = gateway.state();
    let before = page.before.unwrap_or(u64::MAX);
    let mut shown: Vec<&Message> = state
        .messages
        .iter()
        .rev()
        .filter(|message| message.seq < before && message.number == number)
        .take(MESSAGES_PAGE_ITEMS + 1)
        .collect();
    let more = shown.len() > MESSAGES_PAGE_ITEMS;
    shown.truncate(MESSAGES_PAGE_ITEMS);
    shown.reverse();
    let mut body = format!(
        "<header><a href=\"/whatsapp\" aria-label=\"All chats\">←</a><h1>+{}</h1></header>",
        Escaped(&number)
    );
    if let (true, Some(oldest)) = (more, shown.first()) {
        put(
            &mut body,
            format_args!(
                "<p class=note><a href=\"/whatsapp/{}?before={}\">Older messages</a></p>",
                Escaped(&number),
                oldest.seq
            ),
        );
    }
    if shown.is_empty() {
        body.push_str("<p class=note>No message for this number.</p>");
    }
    body.push_str("<ol>");
    for message in shown {
        put(
            &mut body,
            format_args!(
                "<li id=\"{id}\"><div class=from>{from}</div><p class=text>{text}</p>\
                 <div class=meta>{at} {ticks}</div></li>",
                id = Escaped(&message.id),
                from = Escaped(&message.instance),
                text = Escaped(&message.text),
                at = time(message.at),
                ticks = ticks(message.status),
            ),
        );
    }
    body.push_str("</ol>");
    page_of("Chat", &body)
}

const fn ticks(status: Ack) -> &'static str {
    match status {
        Ack::Pending => "<span class=ticks title=pending>○</span>",
        Ack::ServerAck => "<span class=ticks title=sent>✓</span>",
        Ack::DeliveryAck => "<span class=ticks title=delivered>✓✓</span>",
        Ack::Read => "<span class=\"ticks read\" title=read>✓✓</span>",
    }
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}
