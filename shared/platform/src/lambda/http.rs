use lambda_runtime::Error;

use super::start::start;
use crate::http::{Routes, finish};

/// Serves a function's routes behind API Gateway (HTTP API, payload 2.0), bodies in base64
/// included.
///
/// # Errors
/// Where the configuration is not complete, or the Runtime API fails.
pub async fn serve_http(router: fn() -> Routes) -> Result<(), Error> {
    let deps = start().await?;
    lambda_http::run(finish(router(), deps)).await
}
