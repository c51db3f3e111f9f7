use axum::http::{HeaderName, header};

/// The header that `If-Match` answers to.
pub(super) type ETag = [(HeaderName, String); 1];

pub(super) fn etag(version: u64) -> ETag {
    [(header::ETAG, format!("\"{version}\""))]
}
