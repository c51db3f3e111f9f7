//! What the command line asks of the running system: `/local/…`, on loopback only and with the
//! token from the data folder.

use axum::body::{Body, Bytes};
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use jiff::Timestamp;
use platform::Deps;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use subtle::ConstantTimeEq as _;
use tokio::sync::mpsc;

use super::functions::{find, invoke};
use super::{Driver, Progress, Summary};

/// Stops of the clock that wait to be read by the command.
const PROGRESS_LIMIT_LINES: usize = 64;

#[derive(Clone)]
pub(super) struct Control {
    pub(super) driver: Driver,
    pub(super) deps: Deps,
    pub(super) token: String,
}

pub(super) fn router(control: Control) -> Router {
    Router::new()
        .route("/local/status", get(status))
        .route("/local/clock", post(move_clock))
        .route("/local/drain", post(drain))
        .route("/local/functions/{name}", post(invoke_function))
        .layer(middleware::from_fn_with_state(control.clone(), authorise))
        .with_state(control)
}

async fn authorise(State(control): State<Control>, request: Request, next: Next) -> Response {
    let given = bearer(request.headers()).unwrap_or_default();
    if bool::from(given.as_bytes().ct_eq(control.token.as_bytes())) {
        return next.run(request).await;
    }
    refuse(StatusCode::UNAUTHORIZED, "the token of the data folder is needed")
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")
}

fn refuse(status: StatusCode, message: impl Into<String>) -> Response {
    (status, Json(json!({ "message": message.into() }))).into_response()
}

/// The system as the command line shows it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Status {
    pub version: String,
    pub business_now: Timestamp,
    pub wall_now: Timestamp,
    pub offset_seconds: i64,
    pub brands: Vec<BrandLine>,
    /// Messages by queue: ready, in flight, delayed.
    pub queues: Vec<QueueLine>,
}

/// One brand.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BrandLine {
    pub id: String,
    pub name: String,
    pub timezone: String,
    pub business_date: jiff::civil::Date,
}

/// One queue.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct QueueLine {
    pub name: String,
    pub ready: usize,
    pub in_flight: usize,
    pub delayed: usize,
}

async fn status(State(control): State<Control>) -> Response {
    let brands = match control.deps.brands.all().await {
        Ok(brands) => brands,
        Err(error) => return refuse(StatusCode::SERVICE_UNAVAILABLE, error.to_string()),
    };
    let line = |brand: platform::store::Brand| BrandLine {
        id: brand.id.to_string(),
        timezone: brand.timezone.iana_name().unwrap_or_default().to_owned(),
        business_date: control.deps.today(&brand),
        name: brand.name,
    };
    let queues = control.driver.queues().counts().into_iter().map(|queue| QueueLine {
        name: queue.name,
        ready: queue.counts.visible,
        in_flight: queue.counts.in_flight,
        delayed: queue.counts.delayed,
    });
    Json(Status {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        business_now: control.driver.now(),
        wall_now: control.deps.clock.wall(),
        offset_seconds: control.driver.offset().as_secs(),
        brands: brands.into_iter().map(line).collect(),
        queues: queues.collect(),
    })
    .into_response()
}

/// Where the clock is to go.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Move {
    pub to: Timestamp,
}

/// A line of the answer to a move.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Moved {
    Progress(Progress),
    Done(Summary),
    Failed(String),
}

/// Answers one line of JSON at each stop, and one at the end. A caller that goes away ends the
/// move at the next stop.
async fn move_clock(State(control): State<Control>, Json(wanted): Json<Move>) -> Response {
    let (sender, receiver) = mpsc::channel::<Moved>(PROGRESS_LIMIT_LINES);
    tokio::spawn(async move {
        let on_stop = |progress| match sender.try_send(Moved::Progress(progress)) {
            // A slow reader misses lines, not the move.
            Ok(()) | Err(mpsc::error::TrySendError::Full(_)) => true,
            Err(mpsc::error::TrySendError::Closed(_)) => false,
        };
        let end = match control.driver.move_to(wanted.to, on_stop).await {
            Ok(summary) => Moved::Done(summary),
            Err(error) => Moved::Failed(error.to_string()),
        };
        if sender.send(end).await.is_err() {
            tracing::info!("nobody waits for the end of the move");
        }
    });
    let lines = futures::stream::unfold(receiver, |mut receiver| async move {
        let moved = receiver.recv().await?;
        let line = serde_json::to_vec(&moved).map(|mut line| {
            line.push(b'\n');
            Bytes::from(line)
        });
        Some((line, receiver))
    });
    Body::from_stream(lines).into_response()
}

async fn drain(State(control): State<Control>) -> Response {
    Json(json!({ "drained": control.driver.drain().await })).into_response()
}

/// Invokes a function with the event in the body, as Lambda would.
async fn invoke_function(
    State(control): State<Control>,
    Path(name): Path<String>,
    Json(event): Json<Value>,
) -> Response {
    let Some(function) = find(&name) else {
        return refuse(StatusCode::NOT_FOUND, format!("there is no function {name}"));
    };
    match invoke(function, control.deps, event).await {
        Ok(answer) => Json(answer).into_response(),
        Err(error) => refuse(StatusCode::UNPROCESSABLE_ENTITY, error.to_string()),
    }
}
