//! What surrounds every route: request id, errors in one shape, security headers, CORS, one line
//! in the log.

use std::any::Any;

use axum::extract::{DefaultBodyLimit, MatchedPath, Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use http::{HeaderMap, HeaderName, HeaderValue, header};
use tower_http::catch_panic::CatchPanicLayer;
use tracing::Instrument;
use tracing::field::Empty;

use super::body::BODY_LIMIT_BYTES;
use super::context::{REQUEST_ID_HEADER, RequestId};
use super::cors;
use super::error::ApiError;
use super::path::shown;
use crate::telemetry::{End, Trace, Work};
use crate::{Deps, telemetry};

/// Where Lambda says which of X-Ray's traces a request is part of.
const XRAY_HEADER: &str = "x-amzn-trace-id";
/// Two years, as browsers' preload lists ask for.
const HSTS: &str = "max-age=63072000; includeSubDomains";
const CSP_DATA: &str = "default-src 'none'; frame-ancestors 'none'";
/// Our pages load everything from their own origin. Swagger UI writes styles into the page.
const CSP_PAGE: &str = "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; \
                        object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// Completes a function's routes; the same on Lambda, on one machine and in tests.
///
/// Adds the answers to unknown paths (404) and methods (405), the body limit, CORS, and around
/// them: the request id, our answer to a panic, errors rendered and logged once, security headers,
/// and one access line per request without query, body or headers.
pub fn finish(router: impl Into<Router<Deps>>, deps: Deps) -> Router {
    let router: Router<Deps> = router.into();
    router
        .fallback(|| async { ApiError::not_found() })
        .method_not_allowed_fallback(|| async { ApiError::method_not_allowed() })
        .layer(DefaultBodyLimit::max(BODY_LIMIT_BYTES))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(cors::layer(deps.clone()))
        .layer(middleware::from_fn_with_state(deps.clone(), edge))
        .with_state(deps)
}

#[expect(clippy::needless_pass_by_value, reason = "the signature is tower-http's")]
fn panicked(cause: Box<dyn Any + Send>) -> Response {
    ApiError::internal(format!("panic: {}", panic_text(cause.as_ref()))).into_response()
}

/// What a panic said.
pub(crate) fn panic_text(cause: &(dyn Any + Send)) -> &str {
    cause
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| cause.downcast_ref::<&str>().copied())
        .unwrap_or("unknown")
}

async fn edge(State(deps): State<Deps>, mut request: Request, next: Next) -> Response {
    let id =
        RequestId::from_caller(request.headers()).unwrap_or_else(|| RequestId::new(deps.ulid()));
    let place = request.headers().get(XRAY_HEADER).and_then(|header| header.to_str().ok());
    let work = Work::begin("request", Trace::begin(id.as_str()).within(place));
    let route = request.extensions().get::<MatchedPath>().cloned();
    let path = shown(request.uri().path(), route.as_ref().map(MatchedPath::as_str));
    // At the error level, so that no filter takes the request id from the lines inside.
    let span = tracing::error_span!(
        "request",
        request_id = %id,
        trace = work.trace().root(),
        function = telemetry::function(),
        method = %request.method(),
        route = route.as_ref().map_or("unknown", MatchedPath::as_str),
        brand = Empty,
        actor = Empty,
    );
    request.extensions_mut().insert(id.clone());
    work.run(async {
        let response = next.run(request).await;
        let mut response = render(response, &path, &id, &deps);
        add_headers(response.headers_mut(), &id);
        let status = response.status().as_u16();
        let duration_ms = telemetry::millis(work.end(End::Answered(status)));
        tracing::info!(status, duration_ms, "answered");
        response
    })
    .instrument(span)
    .await
}

/// Gives an [`ApiError`] its body and its line in the log; other answers stay as they are.
fn render(mut response: Response, path: &str, id: &RequestId, deps: &Deps) -> Response {
    let Some(error) = response.extensions_mut().remove::<ApiError>() else { return response };
    error.write_log();
    let body = error.body(path, id.as_str(), deps.clock.wall().to_string());
    let mut rendered = (response.status(), Json(body)).into_response();
    for (name, value) in response.headers() {
        // The headers that describe the empty body are replaced by those of the new one.
        if name != header::CONTENT_LENGTH && name != header::CONTENT_TYPE {
            rendered.headers_mut().append(name, value.clone());
        }
    }
    rendered
}

fn add_headers(headers: &mut HeaderMap, id: &RequestId) {
    if let Ok(value) = HeaderValue::from_str(id.as_str()) {
        headers.insert(HeaderName::from_static(REQUEST_ID_HEADER), value);
    }
    let page = headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|value| value.as_bytes().starts_with(b"text/html"));
    let defaults = [
        (header::STRICT_TRANSPORT_SECURITY, HSTS),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CONTENT_SECURITY_POLICY, if page { CSP_PAGE } else { CSP_DATA }),
        (header::CACHE_CONTROL, "no-store"),
    ];
    for (name, value) in defaults {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
}
