//! What turns a function's code into a Lambda, so that its `main` is five lines.
//!
//! `serve_…` runs under the Lambda Runtime API; `invoke_…` is the same code for one event in
//! process, which the local runner and tests use.

mod http;
mod job;
mod queue;
mod start;
mod stream;
#[cfg(test)]
mod tests;

pub use aws_lambda_events::event::dynamodb::{Event as StreamEvent, EventRecord as StreamRecord};
pub use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
pub use aws_lambda_events::event::streams::DynamoDbEventResponse as StreamResponse;
pub use lambda_runtime::Error;

pub use http::{invoke_http, serve_http};
pub use job::{invoke_job, serve_job};
pub use queue::{Message, invoke_queue, serve_queue};
pub use stream::{invoke_stream, serve_stream};

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures::FutureExt;
use jiff::Timestamp;
use lambda_runtime::Context;

use crate::http::error::chain;
use crate::http::panic_text;
use crate::telemetry::{self, End, Trace, Work};

/// Left of a run's time for its answer.
const DEADLINE_MARGIN: Duration = Duration::from_secs(2);

/// What a handler's failure becomes; a handler may return any error.
type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Runs a handler; a panic becomes an error that says what it said.
async fn caught<T, E: Into<Cause>>(run: impl Future<Output = Result<T, E>>) -> Result<T, Cause> {
    // Boxed: a handler's future is deep, and the compiler bounds how deep the layout of one may be.
    match AssertUnwindSafe(Box::pin(run)).catch_unwind().await {
        Ok(result) => result.map_err(Into::into),
        Err(panic) => Err(format!("panic: {}", panic_text(panic.as_ref())).into()),
    }
}

/// The trace that an invocation begins.
fn begun(context: &Context) -> Trace {
    Trace::begin(&context.request_id).within(context.xray_trace_id.as_deref())
}

/// Ends a piece of work: how long it took, and what it failed of.
fn ended<T>(work: &Work, result: &Result<T, Cause>) -> (u64, Option<String>) {
    let end = if result.is_ok() { End::Done } else { End::Failed };
    let cause = result.as_ref().err().map(|cause| chain(cause.as_ref()));
    (telemetry::millis(work.end(end)), cause)
}

/// How long a run may still work.
fn time_left(context: &Context, now: Timestamp) -> Duration {
    let now = u64::try_from(now.as_millisecond()).unwrap_or(0);
    Duration::from_millis(context.deadline.saturating_sub(now)).saturating_sub(DEADLINE_MARGIN)
}
