use std::future::Future;
use std::time::Duration;

use aws_lambda_events::event::dynamodb::{Event, EventRecord};
use aws_lambda_events::event::streams::{DynamoDbBatchItemFailure, DynamoDbEventResponse};
use lambda_runtime::{Error, LambdaEvent, service_fn};
use tokio::time::{Instant, timeout_at};
use tracing::Instrument;

use super::start::start;
use super::{Cause, caught, ended, time_left};
use crate::telemetry::{Trace, Work};
use crate::{Deps, telemetry};

/// Serves the table's stream: the handler gets the records of a batch that one request brought about
/// in their order, together, so that it can send their effects in few calls.
///
/// Where some of them fail, they are tried one by one and in order; the first that fails is
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
    let mut response = DynamoDbEventResponse::default();
    for (trace, records) in by_trace(event.records) {
        if run(handler, deps, &trace, records.clone(), deadline).await {
            continue;
        }
        for record in records {
            let number = number_of(&record);
            if !run(handler, deps, &trace, vec![record], deadline).await {
                let mut failure = DynamoDbBatchItemFailure::default();
                failure.item_identifier = Some(number);
                response.batch_item_failures.push(failure);
                return response;
            }
        }
    }
    response
}

/// Without a number the whole batch comes again: Lambda takes an empty one as that.
fn number_of(record: &EventRecord) -> String {
    record.change.sequence_number.clone().unwrap_or_default()
}

/// The records in their order, together where they come from one request. A record that does not
/// say where it comes from goes with those before it.
fn by_trace(records: Vec<EventRecord>) -> Vec<(Trace, Vec<EventRecord>)> {
    let mut groups: Vec<(Option<Trace>, Vec<EventRecord>)> = Vec::new();
    for record in records {
        let trace = trace_of(&record);
        match groups.last_mut() {
            Some((known, group)) if trace.is_none() || known.is_none() || *known == trace => {
                *known = known.take().or(trace);
                group.push(record);
            }
            _ => groups.push((trace, vec![record])),
        }
    }
    let begin =
        |group: &[EventRecord]| Trace::begin(&group.first().map(number_of).unwrap_or_default());
    let named = |(trace, group): (Option<Trace>, Vec<EventRecord>)| {
        (trace.unwrap_or_else(|| begin(&group)), group)
    };
    groups.into_iter().map(named).collect()
}

fn trace_of(record: &EventRecord) -> Option<Trace> {
    match record.change.new_image.get(Trace::ITEM_ATTRIBUTE) {
        Some(serde_dynamo::AttributeValue::S(text)) => text.parse().ok(),
        _ => None,
    }
}

/// Whether the records are done.
async fn run<E, F, Fut>(
    handler: &F,
    deps: &Deps,
    trace: &Trace,
    records: Vec<EventRecord>,
    deadline: Instant,
) -> bool
where
    E: Into<Cause>,
    F: Fn(Deps, Vec<EventRecord>) -> Fut,
    Fut: Future<Output = Result<(), E>>,
{
    let work = Work::begin("records", trace.clone());
    let span = tracing::error_span!(
        "records",
        request_id = work.trace().request_id(),
        trace = work.trace().root(),
        function = telemetry::function(),
        first = records.first().map(number_of),
        count = records.len(),
    );
    work.run(async {
        let run = caught(async { handler(deps.clone(), records).await });
        let result = timeout_at(deadline, run).await.unwrap_or_else(|_| Err("out of time".into()));
        match ended(&work, &result) {
            (duration_ms, None) => tracing::info!(duration_ms, "records done"),
            (duration_ms, Some(cause)) => tracing::error!(duration_ms, cause, "records failed"),
        }
        result.is_ok()
    })
    .instrument(span)
    .await
}
