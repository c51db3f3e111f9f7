//! A stub of the Lambda Runtime API: what AWS's guide "Using the Lambda runtime API for custom
//! runtimes" says a function may call.
#![expect(clippy::disallowed_methods, reason = "Lambda's deadlines are of the machine's clock")]

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use jiff::Timestamp;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

/// The time that Lambda gives an invocation here.
const INVOCATION_TIMEOUT: Duration = Duration::from_secs(30);

/// What a function made of an event.
#[derive(Debug)]
pub enum Answer {
    Response(Value),
    /// `errorType` and `errorMessage`.
    Error(Value),
}

struct Invocation {
    request_id: String,
    event: Value,
}

struct Shared {
    waiting: tokio::sync::Mutex<mpsc::UnboundedReceiver<Invocation>>,
    open: Mutex<HashMap<String, oneshot::Sender<Answer>>>,
}

impl Shared {
    fn open(&self) -> MutexGuard<'_, HashMap<String, oneshot::Sender<Answer>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The API of one function's environment; it ends when it is dropped.
#[derive(Debug)]
pub struct RuntimeApi {
    /// `127.0.0.1:…`, as `AWS_LAMBDA_RUNTIME_API` has it.
    pub address: String,
    queue: mpsc::UnboundedSender<Invocation>,
    shared: Arc<Shared>,
    server: JoinHandle<()>,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}

impl RuntimeApi {
    /// Answers on a free port of the loopback interface.
    ///
    /// # Errors
    /// Where there is none.
    pub async fn start() -> io::Result<Self> {
        let (queue, waiting) = mpsc::unbounded_channel();
        let waiting = tokio::sync::Mutex::new(waiting);
        let shared = Arc::new(Shared { waiting, open: Mutex::default() });
        let app = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{id}/response", post(response))
            .route("/2018-06-01/runtime/invocation/{id}/error", post(error))
            .with_state(Arc::clone(&shared));
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?.to_string();
        let server = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, app).await {
                tracing::error!(%error, "the Runtime API ended");
            }
        });
        Ok(Self { address, queue, shared, server })
    }

    /// Hands the function an event; what it answers comes through the channel, which closes
    /// without an answer where the API ended.
    pub fn invoke(&self, request_id: &str, event: Value) -> oneshot::Receiver<Answer> {
        let (sender, answer) = oneshot::channel();
        self.shared.open().insert(request_id.to_owned(), sender);
        let invocation = Invocation { request_id: request_id.to_owned(), event };
        if self.queue.send(invocation).is_err() {
            self.shared.open().remove(request_id);
        }
        answer
    }
}

impl Drop for RuntimeApi {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// Answers when there is an event, as Lambda does.
async fn next(State(shared): State<Arc<Shared>>) -> Response {
    let Some(Invocation { request_id, event }) = shared.waiting.lock().await.recv().await else {
        return StatusCode::GONE.into_response();
    };
    let deadline = Timestamp::now() + INVOCATION_TIMEOUT;
    let headers = [
        ("lambda-runtime-aws-request-id", request_id),
        ("lambda-runtime-deadline-ms", deadline.as_millisecond().to_string()),
        (
            "lambda-runtime-invoked-function-arn",
            "arn:aws:lambda:local:000000000000:function:under-test".to_owned(),
        ),
        (
            "lambda-runtime-trace-id",
            "Root=1-677ce360-0a1b2c3d4e5f60718293a4b5;Parent=0a1b2c3d4e5f6071;Sampled=0".to_owned(),
        ),
    ];
    (headers, Json(event)).into_response()
}

async fn response(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    body: Bytes,
) -> StatusCode {
    close(&shared, &id, Answer::Response, &body)
}

async fn error(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    body: Bytes,
) -> StatusCode {
    close(&shared, &id, Answer::Error, &body)
}

/// The runtime sends its answers without a content type.
fn close(shared: &Shared, id: &str, answer: fn(Value) -> Answer, body: &[u8]) -> StatusCode {
    let Ok(body) = serde_json::from_slice(body) else { return StatusCode::BAD_REQUEST };
    let open = shared.open().remove(id);
    match open.map(|sender| sender.send(answer(body))) {
        Some(Ok(())) => StatusCode::ACCEPTED,
        _ => StatusCode::BAD_REQUEST,
    }
}
