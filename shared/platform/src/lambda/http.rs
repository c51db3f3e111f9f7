use lambda_http::request::LambdaRequest;
use lambda_http::{Adapter, LambdaEvent, Service};
use lambda_runtime::{Context, Error};
use serde_json::Value;

use super::start::start;
use crate::Deps;
use crate::http::{Routes, finish};

/// Serves a function's routes behind API Gateway (HTTP API, payload 2.0), bodies in base64
/// included.
///
/// # Errors
/// Where the configuration is not complete, or the Runtime API fails.
pub async fn serve_http(router: fn() -> Routes) -> Result<(), Error> {
    let deps = start()?;
    lambda_http::run(finish(router(), deps)).await
}

/// One event of API Gateway; the answer is the one it would get.
///
/// # Errors
/// Where the event is not a request of API Gateway.
pub async fn invoke_http(router: fn() -> Routes, deps: Deps, event: Value) -> Result<Value, Error> {
    // The request is told from its fields, which needs the text.
    let request: LambdaRequest = serde_json::from_str(&event.to_string())?;
    let event = LambdaEvent::new(request, Context::default());
    // The adapter itself may not be held while the answer is awaited: it is not `Sync`.
    let answer = Adapter::from(finish(router(), deps)).call(event);
    Ok(serde_json::to_value(answer.await?)?)
}
