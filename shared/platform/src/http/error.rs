//! The one error of the HTTP side: a text for the client, a text for the log.
//!
//! A handler returns [`ApiError`]; [`super::finish`] turns it into the answer's body, with the path
//! and the request id, and logs it once.

use std::borrow::Cow;
use std::fmt;

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::fields::UNKNOWN_FIELD;
use crate::aws::BucketError;
use crate::store::StoreError;

/// A limit that says nothing better is asked to wait this long.
const RETRY_AFTER_DEFAULT_SECONDS: u32 = 5;

/// What is wrong with one field of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FieldError {
    /// The field as the client wrote it: `fees[0].amount`.
    #[schema(example = "principal")]
    pub field: String,
    #[schema(example = "must be positive")]
    pub message: String,
}

impl FieldError {
    pub fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self { field: field.into(), message: message.into() }
    }

    /// A name that the client made up may say anything, so the log does not repeat it.
    fn name_in_log(&self) -> &str {
        if self.message == UNKNOWN_FIELD { "(not known)" } else { &self.field }
    }
}

/// The body of every answer that is an error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Error)]
pub struct ErrorBody {
    #[schema(example = 400)]
    pub status_code: u16,
    /// What happened, for a person.
    #[schema(example = "the request is not valid")]
    pub message: String,
    /// The status in words.
    #[schema(example = "Bad Request")]
    pub error: String,
    /// RFC 3339, UTC.
    #[schema(example = "2026-01-05T08:00:00Z")]
    pub timestamp: String,
    pub path: String,
    pub request_id: String,
    /// All the fields that are wrong; on 400 only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    /// What the record's state allows instead; on 409 only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allowed: Vec<String>,
}

/// Why a request was not done.
///
/// `message` goes to the client; `log` only to the log, so it may name tables and causes, but no
/// personal data and no secrets.
#[derive(Debug, Clone)]
pub struct ApiError {
    status: StatusCode,
    message: Cow<'static, str>,
    fields: Vec<FieldError>,
    allowed: Vec<String>,
    retry_after_seconds: Option<u32>,
    log: Option<String>,
}

impl ApiError {
    fn new(status: StatusCode, message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            status,
            message: message.into(),
            fields: Vec::new(),
            allowed: Vec::new(),
            retry_after_seconds: None,
            log: None,
        }
    }

    /// 400 without a field: the body as a whole cannot be read.
    pub fn malformed(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    /// 400 with every field that is wrong.
    pub fn invalid(fields: Vec<FieldError>) -> Self {
        Self { fields, ..Self::new(StatusCode::BAD_REQUEST, "the request is not valid") }
    }

    /// 400 for one field.
    pub fn invalid_field(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::invalid(vec![FieldError::new(field, message)])
    }

    /// 401: no credentials, or credentials that are not (any more) good. The client never learns
    /// which; `log` may say it.
    pub fn unauthenticated() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "sign in first")
    }

    /// 403: the caller may see the brand but not do this.
    pub fn forbidden(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::FORBIDDEN, message)
    }

    /// 404: there is no such record, or it is another brand's.
    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "there is nothing here")
    }

    pub(crate) fn method_not_allowed() -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "this path does not take this method")
    }

    /// 409: state, version or uniqueness.
    pub fn conflict(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::CONFLICT, message)
    }

    /// 413.
    pub fn too_large(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, message)
    }

    /// 415.
    pub fn unsupported_media_type(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, message)
    }

    /// 422: an idempotency key used again with another request.
    pub fn unprocessable(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, message)
    }

    /// 429 with `Retry-After`.
    pub fn too_many_requests(retry_after_seconds: u32) -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, "too many requests")
            .retry_after(retry_after_seconds)
    }

    /// 503 with `Retry-After`: something this needs does not answer.
    pub fn unavailable(log: impl Into<String>) -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "a part of the service does not answer; try again",
        )
        .retry_after(RETRY_AFTER_DEFAULT_SECONDS)
        .log(log)
    }

    /// 500. The client learns nothing but the request id.
    pub fn internal(log: impl Into<String>) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "something went wrong on our side").log(log)
    }

    /// 500 with the error and what caused it in the log.
    pub fn internal_from(error: &dyn std::error::Error) -> Self {
        Self::internal(chain(error))
    }

    /// What the record's state allows instead (409).
    #[must_use]
    pub fn allowed<T: ToString>(mut self, allowed: impl IntoIterator<Item = T>) -> Self {
        self.allowed = allowed.into_iter().map(|value| value.to_string()).collect();
        self
    }

    /// Adds what only the log may say.
    #[must_use]
    pub fn log(mut self, log: impl Into<String>) -> Self {
        self.log = Some(log.into());
        self
    }

    #[must_use]
    pub fn retry_after(mut self, seconds: u32) -> Self {
        self.retry_after_seconds = Some(seconds);
        self
    }

    pub fn status(&self) -> StatusCode {
        self.status
    }

    pub fn message(&self) -> &str {
        &self.message
    }

    pub fn fields(&self) -> &[FieldError] {
        &self.fields
    }

    pub(crate) fn body(&self, path: &str, request_id: &str, timestamp: String) -> ErrorBody {
        ErrorBody {
            status_code: self.status.as_u16(),
            message: self.message.to_string(),
            error: self.status.canonical_reason().unwrap_or("Error").to_owned(),
            timestamp,
            path: path.to_owned(),
            request_id: request_id.to_owned(),
            errors: self.fields.clone(),
            allowed: self.allowed.clone(),
        }
    }

    /// Logs the error: our own failures as errors, a client's as information. A field's message
    /// may quote what the client sent, so only the fields' names are logged.
    pub(crate) fn write_log(&self) {
        let status = self.status.as_u16();
        let cause = self.log.as_deref().unwrap_or_default();
        if self.status.is_server_error() {
            tracing::error!(status, cause, "{}", self.message);
        } else {
            let fields: Vec<&str> = self.fields.iter().map(FieldError::name_in_log).collect();
            tracing::info!(status, cause, fields = fields.join(","), "{}", self.message);
        }
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.status.as_u16(), self.message)?;
        match &self.log {
            Some(log) => write!(f, " ({log})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for ApiError {}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        if let Some(seconds) = self.retry_after_seconds {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response.extensions_mut().insert(self);
        response
    }
}

/// The text of an error and of what caused it: `could not save: timed out`.
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

impl From<BucketError> for ApiError {
    fn from(error: BucketError) -> Self {
        match error {
            BucketError::Unavailable(_) => Self::unavailable(error.to_string()),
            BucketError::NotFound | BucketError::TooLarge => Self::internal_from(&error),
        }
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match &error {
            StoreError::Conflict { .. } => {
                Self::conflict("the record was changed meanwhile; read it again").log(chain(&error))
            }
            StoreError::Contention | StoreError::Unavailable(_) => Self::unavailable(chain(&error)),
            StoreError::Corrupt(_) | StoreError::Refused(_) => Self::internal_from(&error),
        }
    }
}
