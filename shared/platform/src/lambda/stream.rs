use std::future::Future;
use std::time::Duration;

use aws_lambda_events::event::dynamodb::{Event, EventRecord};
use aws_lambda_events::event::streams::{DynamoDbBatchItemFailure, DynamoDbEventResponse};
use lambda_runtime::{Error, LambdaEvent, service_fn};
use tokio::time::{Instant, timeout_at};
use tracing::Instrument;

use super::start::start;
use super::{Cause, caught, time_left};
use crate::http::error::chain;
use crate::{Deps, telemetry};

/// Serves the table's stream: the handler gets the records of a batch in their order, together,
/// so that it can send their effects in few calls.
///
/// Where a batch fails, its records are tried one by one and in order; the first that fails is
/// reported, and the stream continues from there. The handler must bear to see a record again.
/// The event source mapping must have `ReportBatchItemFailures`, a number of tries, and a
/// destination for what still fails then, so that one record never blocks the stream for good.
///
/// # Errors
/// Where the configuration is not complete, or the Runtime API fails.
pub async fn serve_stream<E, F, Fut>(handler: F) -> Result<(), Error>
where
    E: Into<Cause>,
    F: Fn(Deps, Vec<EventRecord>) -> Fut,
    Fut: Future<Output = Result<(), E>>,
{
    let (deps, handler) = (start()?, &handler);
    lambda_runtime::run(service_fn(move |event: LambdaEvent<Event>| {
        let deps = deps.clone();
        async move {
            let time = time_left(&event.context, deps.clock.wall());
            Ok::<_, Error>(invoke_stream(handler, &deps, event.payload, time).await)
        }
    }))
    .await
}

/// One batch of the stream; the answer names the record to continue from, if any.
pub async fn invoke_stream<E, F, Fut>(
    handler: &F,
    deps: &Deps,
    event: Event,
    time: Duration,
) -> DynamoDbEventResponse
where
    E: Into<Cause>,
    F: Fn(Deps, Vec<EventRecord>) -> Fut,
    Fut: Future<Output = Result<(), E>>,
{
    let deadline = Instant::now() + time;
    let records = event.records;
    let mut response = DynamoDbEventResponse::default();
    if run(handler, deps, records.clone(), deadline).await {
        return response;
    }
    for record in records {
        // Without a number the whole batch comes again: Lambda takes an empty one as that.
        let number = record.change.sequence_number.clone().unwrap_or_default();
        if !run(handler, deps, vec![record], deadline).await {
            let mut failure = DynamoDbBatchItemFailure::default();
            failure.item_identifier = Some(number);
            response.batch_item_failures.push(failure);
            break;
        }
    }
    response
}

/// Whether the records are done.
async fn run<E, F, Fut>(
    handler: &F,
    deps: &Deps,
    records: Vec<EventRecord>,
    deadline: Instant,
) -> bool
where
    E: Into<Cause>,
    F: Fn(Deps, Vec<EventRecord>) -> Fut,
    Fut: Future<Output = Result<(), E>>,
{
    let span = tracing::error_span!(
        "records",
        request_id = records.first().and_then(|record| record.change.sequence_number.clone()),
        function = telemetry::function(),
        count = records.len(),
    );
    async {
        let started = Instant::now();
        let run = caught(async { handler(deps.clone(), records).await });
        let result = timeout_at(deadline, run).await.unwrap_or_else(|_| Err("out of time".into()));
        let duration_ms = telemetry::millis(started.elapsed());
        match &result {
            Ok(()) => tracing::info!(duration_ms, "records done"),
            Err(cause) => {
                tracing::error!(duration_ms, cause = chain(cause.as_ref()), "records failed");
            }
        }
        result.is_ok()
    }
    .instrument(span)
    .await
}
