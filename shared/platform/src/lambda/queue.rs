use std::future::Future;
use std::time::Duration;

use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use futures::StreamExt;
use jiff::Timestamp;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde::de::DeserializeOwned;
use tokio::time::{Instant, timeout_at};
use tracing::Instrument;
use tracing::field::Empty;

use super::start::start;
use super::{Cause, caught, ended, time_left};
use crate::telemetry::{Trace, Work};
use crate::{Deps, telemetry};

/// Messages of one batch that are worked on at the same time.
const CONCURRENT_LIMIT_MESSAGES: usize = 8;

/// A message of a queue.
#[derive(Debug, Clone)]
pub struct Message<M> {
    /// The queue's own id, the same for every delivery.
    pub id: String,
    pub body: M,
    /// 1 on the first delivery.
    pub deliveries: u32,
    /// When it was sent, by the queue's clock.
    pub sent_at: Option<Timestamp>,
}

/// Serves a queue: the handler gets each message of a batch by itself.
///
/// A message whose handler fails, panics or runs out of time, or whose body is not an `M`, goes
/// back to the queue by itself (and, after the queue's number of deliveries, to its dead letters);
/// the others of its batch are done. The event source mapping must have
/// `ReportBatchItemFailures`.
///
/// # Errors
/// Where the configuration is not complete, or the Runtime API fails.
pub async fn serve_queue<M, E, F, Fut>(handler: F) -> Result<(), Error>
where
    M: DeserializeOwned,
    E: Into<Cause>,
    F: Fn(Deps, Message<M>) -> Fut,
    Fut: Future<Output = Result<(), E>>,
{
    let (deps, handler) = (start()?, &handler);
    lambda_runtime::run(service_fn(move |event: LambdaEvent<SqsEvent>| {
        let deps = deps.clone();
        async move {
            let time = time_left(&event.context, deps.clock.wall());
            Ok::<_, Error>(invoke_queue(handler, &deps, event.payload, time).await)
        }
    }))
    .await
}

/// One batch of a queue; the answer names the messages to deliver again.
///
/// Messages that are not done within `time` are among them.
pub async fn invoke_queue<M, E, F, Fut>(
    handler: &F,
    deps: &Deps,
    event: SqsEvent,
    time: Duration,
) -> SqsBatchResponse
where
    M: DeserializeOwned,
    E: Into<Cause>,
    F: Fn(Deps, Message<M>) -> Fut,
    Fut: Future<Output = Result<(), E>>,
{
    let deadline = Instant::now() + time;
    let failed: Vec<String> = futures::stream::iter(event.records)
        .map(|message| async move {
            // Without an id the whole batch is delivered again: SQS takes an empty id as that.
            let id = message.message_id.clone().unwrap_or_default();
            let done = one(handler, deps.clone(), message, deadline).await;
            (!done).then_some(id)
        })
        .buffer_unordered(CONCURRENT_LIMIT_MESSAGES)
        .filter_map(std::future::ready)
        .collect()
        .await;
    let mut response = SqsBatchResponse::default();
    response.set_failures(failed);
    response
}

/// Whether the message is done.
async fn one<M, E, F, Fut>(handler: &F, deps: Deps, message: SqsMessage, deadline: Instant) -> bool
where
    M: DeserializeOwned,
    E: Into<Cause>,
    F: Fn(Deps, Message<M>) -> Fut,
    Fut: Future<Output = Result<(), E>>,
{
    let work = Work::begin("message", trace_of(&message));
    let span = tracing::error_span!(
        "message",
        request_id = work.trace().request_id(),
        trace = work.trace().root(),
        message_id = message.message_id,
        function = telemetry::function(),
        brand = Empty,
    );
    work.run(async {
        let result = match read(message) {
            Ok(message) => {
                let run = caught(async { handler(deps, message).await });
                timeout_at(deadline, run).await.unwrap_or_else(|_| Err("out of time".into()))
            }
            Err(cause) => Err(cause),
        };
        match ended(&work, &result) {
            (duration_ms, None) => tracing::info!(duration_ms, "message done"),
            (duration_ms, Some(cause)) => {
                tracing::error!(duration_ms, cause, "message failed; it will be delivered again");
            }
        }
        result.is_ok()
    })
    .instrument(span)
    .await
}

/// The trace that a message carries; one that carries none begins its own.
fn trace_of(message: &SqsMessage) -> Trace {
    let carried = message.message_attributes.get(Trace::MESSAGE_ATTRIBUTE);
    carried
        .and_then(|attribute| attribute.string_value.as_deref()?.parse().ok())
        .unwrap_or_else(|| Trace::begin(message.message_id.as_deref().unwrap_or_default()))
}

fn read<M: DeserializeOwned>(message: SqsMessage) -> Result<Message<M>, Cause> {
    let text = message.body.unwrap_or_default();
    // serde's own text may quote the message.
    let body = serde_json::from_str(&text).map_err(|error| {
        let (kind, column) = (error.classify(), error.column());
        format!("the body is not the expected message: {kind:?} at column {column}")
    })?;
    let attribute = |name: &str| message.attributes.get(name)?.parse::<i64>().ok();
    Ok(Message {
        id: message.message_id.unwrap_or_default(),
        body,
        deliveries: attribute("ApproximateReceiveCount")
            .and_then(|count| u32::try_from(count).ok())
            .unwrap_or(1),
        sent_at: attribute("SentTimestamp")
            .and_then(|millis| Timestamp::from_millisecond(millis).ok()),
    })
}
