//! Requests that may be sent twice and are done once.

use axum::extract::{FromRequest, FromRequestParts, Request};
use http::request::Parts;
use http::{HeaderMap, Method};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::body;
use super::error::ApiError;
use super::fields::RequestType;

pub const IDEMPOTENCY_KEY_HEADER: &str = "idempotency-key";
const KEY_LIMIT_BYTES: usize = 128;

/// The client's name for one intent: 1 to 128 visible ASCII characters.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `None` where the header is absent; 400 where it is not a key or is given twice.
    pub(super) fn read(headers: &HeaderMap) -> Result<Option<Self>, ApiError> {
        let mut values = headers.get_all(IDEMPOTENCY_KEY_HEADER).iter();
        let Some(value) = values.next() else { return Ok(None) };
        let text = value.as_bytes();
        let well_formed = (1..=KEY_LIMIT_BYTES).contains(&text.len())
            && text.iter().all(u8::is_ascii_graphic)
            && values.next().is_none();
        match value.to_str() {
            Ok(text) if well_formed => Ok(Some(Self(text.to_owned()))),
            _ => Err(ApiError::invalid_field(
                "Idempotency-Key",
                format!("must be one header of 1 to {KEY_LIMIT_BYTES} visible ASCII characters"),
            )),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, ApiError> {
        Self::read(&parts.headers)?
            .ok_or_else(|| ApiError::invalid_field("Idempotency-Key", "is required"))
    }
}

impl<S: Send + Sync> axum::extract::OptionalFromRequestParts<S> for IdempotencyKey {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Option<Self>, ApiError> {
        Self::read(&parts.headers)
    }
}

/// What was asked: SHA-256 of method, path and body, the body's members sorted and its white space
/// dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    pub fn of(method: &Method, path: &str, body: &[u8]) -> Self {
        let mut hash = Sha256::new();
        for part in [method.as_str().as_bytes(), path.as_bytes()] {
            hash.update(part);
            hash.update([0]);
        }
        match serde_json::from_slice::<Value>(body) {
            Ok(value) => hash.update(value.to_string()),
            Err(_) => hash.update(body),
        }
        Self(hash.finalize().into())
    }

    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    pub fn hex(&self) -> String {
        hex::encode(self.0)
    }
}

/// A key and what it was used for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intent {
    pub key: IdempotencyKey,
    pub fingerprint: Fingerprint,
}

/// A body with its required `Idempotency-Key`; errors as [`body::Body`], and 400 on a missing key.
#[derive(Debug, Clone)]
pub struct Idempotent<T> {
    pub intent: Intent,
    pub body: T,
}

impl<T: RequestType, S: Send + Sync> FromRequest<S> for Idempotent<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let MaybeIdempotent { intent, body } =
            MaybeIdempotent::from_request(request, state).await?;
        let intent =
            intent.ok_or_else(|| ApiError::invalid_field("Idempotency-Key", "is required"))?;
        Ok(Self { intent, body })
    }
}

/// A body with an `Idempotency-Key` where the client sent one.
#[derive(Debug, Clone)]
pub struct MaybeIdempotent<T> {
    pub intent: Option<Intent>,
    pub body: T,
}

impl<T: RequestType, S: Send + Sync> FromRequest<S> for MaybeIdempotent<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let key = IdempotencyKey::read(request.headers())?;
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        let bytes = body::json_bytes(request, state).await?;
        let body = body::parse(&bytes)?;
        let intent =
            key.map(|key| Intent { key, fingerprint: Fingerprint::of(&method, &path, &bytes) });
        Ok(Self { intent, body })
    }
}
