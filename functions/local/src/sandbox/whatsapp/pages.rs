//! The phone: plain pages, made here, that fetch nothing from elsewhere and run no script.

use std::fmt::Write as _;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderName, header};
use axum::response::{Html, IntoResponse};
use axum::routing::get;
use jiff::Timestamp;
use serde::Deserialize;

use super::Gateway;
use super::messages::{Ack, Message};

const CHATS_PAGE_ITEMS: usize = 100;
const MESSAGES_PAGE_ITEMS: usize = 100;
/// The pages come anew by themselves, so that the ticks are seen to change.
const REFRESH_S: &str = "5";
const STYLE: &str = include_str!("style.css");
const POLICY: &str = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; \
                      frame-ancestors 'none'";

pub(super) fn routes() -> Router<Arc<Gateway>> {
    Router::new()
        .route("/whatsapp", get(chats))
        .route("/whatsapp/style.css", get(style))
        .route("/whatsapp/{number}", get(chat))
}

async fn style() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], STYLE)
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

fn page_of(title: &str, body: &str) -> impl IntoResponse + use<> {
    let html = format!(
        "<!doctype html><html lang=en><head><meta charset=utf-8>\
         <meta name=viewport content=\"width=device-width, initial-scale=1\">\
         <title>{title}</title><link rel=stylesheet href=\"/whatsapp/style.css\"></head>\
         <body><main>{body}</main></body></html>"
    );
    let headers = [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
        (HeaderName::from_static("refresh"), REFRESH_S),
    ];
    (headers, Html(html))
}

const fn ticks(status: Ack) -> &'static str {
    match status {
        Ack::Pending => "<span class=ticks title=pending>○</span>",
        Ack::ServerAck => "<span class=ticks title=sent>✓</span>",
        Ack::DeliveryAck => "<span class=ticks title=delivered>✓✓</span>",
        Ack::Read => "<span class=\"ticks read\" title=read>✓✓</span>",
    }
}

/// To the minute, in UTC.
fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M").to_string()
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

/// Text that cannot become markup, neither between tags nor in a quoted attribute.
struct Escaped<'a>(&'a str);

impl std::fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for c in self.0.chars() {
            match c {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                other => f.write_char(other)?,
            }
        }
        Ok(())
    }
}

fn put(body: &mut String, html: std::fmt::Arguments<'_>) {
    if body.write_fmt(html).is_err() {
        tracing::error!("a page could not be written");
    }
}
