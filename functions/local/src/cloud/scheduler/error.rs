use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};

use crate::cloud::DocumentError;

/// What the scheduler answers instead of a result.
#[derive(Debug, thiserror::Error)]
pub(super) enum SchedulerError {
    #[error("{0}")]
    Validation(String),
    #[error("{0} already exists.")]
    Conflict(String),
    #[error("{0} does not exist.")]
    NotFound(String),
    #[error("at most {0} schedules")]
    Quota(usize),
    #[error(transparent)]
    Documents(#[from] DocumentError),
}

impl IntoResponse for SchedulerError {
    fn into_response(self) -> Response {
        let (status, code) = match &self {
            Self::Validation(_) => (StatusCode::BAD_REQUEST, "ValidationException"),
            Self::Conflict(_) => (StatusCode::CONFLICT, "ConflictException"),
            Self::NotFound(_) => (StatusCode::NOT_FOUND, "ResourceNotFoundException"),
            Self::Quota(_) => (StatusCode::PAYMENT_REQUIRED, "ServiceQuotaExceededException"),
            Self::Documents(_) => (StatusCode::INTERNAL_SERVER_ERROR, "InternalServerException"),
        };
        let body = axum::Json(serde_json::json!({ "Message": self.to_string() }));
        let mut response = (status, body).into_response();
        response.headers_mut().insert("x-amzn-errortype", HeaderValue::from_static(code));
        response
    }
}
