use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::Path;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use platform::auth::Public;
use platform::http::ApiError;
use utoipa_swagger_ui::Config;

/// Our own script, which starts Swagger UI.
const START: &str = "start.js";
const START_SCRIPT: &str = include_str!("page/start.js");
/// The files of Swagger UI that the page loads.
const SWAGGER_UI: [&str; 3] = ["swagger-ui-bundle.js", "swagger-ui.css", "favicon-32x32.png"];
/// The files change with a release of ours, under the same names.
const CACHE: (HeaderName, HeaderValue) =
    (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=3600"));

/// A file of the page.
#[utoipa::path(
    get,
    path = "/docs/{file}",
    tag = "docs",
    params(("file" = String, Path, description = "the file's name")),
    responses((status = 200, description = "the file"))
)]
pub(super) async fn asset(_: Public, Path(file): Path<String>) -> Result<Response, ApiError> {
    if file == START {
        let content_type = (header::CONTENT_TYPE, HeaderValue::from_static("text/javascript"));
        return Ok(([content_type, CACHE], START_SCRIPT).into_response());
    }
    if !SWAGGER_UI.contains(&file.as_str()) {
        return Err(ApiError::not_found());
    }
    let served = utoipa_swagger_ui::serve(&file, Arc::new(Config::default()))
        .map_err(|error| ApiError::internal(error.to_string()))?
        .ok_or_else(|| ApiError::internal("a file of Swagger UI is not in the binary"))?;
    let content_type = HeaderValue::try_from(served.content_type)
        .map_err(|error| ApiError::internal_from(&error))?;
    // Stored compressed; every browser that runs the page reads it.
    let encoding =
        served.gzpipped.then_some((header::CONTENT_ENCODING, HeaderValue::from_static("gzip")));
    let headers = [(header::CONTENT_TYPE, content_type), CACHE];
    let body = Bytes::from(served.bytes.into_owned());
    let mut response = (headers, body).into_response();
    response.headers_mut().extend(encoding);
    Ok(response)
}
