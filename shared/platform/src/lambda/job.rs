use std::future::Future;

use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tracing::Instrument;

use super::start::start;
use super::{Cause, begun, caught, ended};
use crate::telemetry::{Trace, Work};
use crate::{Deps, telemetry};

/// Serves a job that a scheduler (or a person) invokes with a `T` and that answers an `R`.
///
/// # Errors
/// Where the configuration is not complete, or the Runtime API fails. An error of the handler is
/// the invocation's: the scheduler tries it again.
pub async fn serve_job<T, R, E, F, Fut>(handler: F) -> Result<(), Error>
where
    T: DeserializeOwned,
    R: Serialize,
    E: Into<Cause>,
    F: Fn(Deps, T) -> Fut,
    Fut: Future<Output = Result<R, E>>,
{
    let (deps, handler) = (start()?, &handler);
    lambda_runtime::run(service_fn(move |event: LambdaEvent<T>| {
        let deps = deps.clone();
        async move { invoke_job(handler, deps, begun(&event.context), event.payload).await }
    }))
    .await
}

/// One run of a job.
///
/// # Errors
/// The handler's, also where it panics.
pub async fn invoke_job<T, R, E, F, Fut>(
    handler: &F,
    deps: Deps,
    trace: Trace,
    event: T,
) -> Result<R, Error>
where
    E: Into<Cause>,
    F: Fn(Deps, T) -> Fut,
    Fut: Future<Output = Result<R, E>>,
{
    let work = Work::begin("job", trace);
    let span = tracing::error_span!(
        "job",
        request_id = work.trace().request_id(),
        trace = work.trace().root(),
        function = telemetry::function(),
    );
    work.run(async {
        let result = caught(async { handler(deps, event).await }).await;
        match ended(&work, &result) {
            (duration_ms, None) => tracing::info!(duration_ms, "job done"),
            (duration_ms, Some(cause)) => tracing::error!(duration_ms, cause, "job failed"),
        }
        result
    })
    .instrument(span)
    .await
}
