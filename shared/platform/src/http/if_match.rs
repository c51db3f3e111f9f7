//! Changes that must not overwrite what the client has not seen.

use axum::extract::FromRequestParts;
use http::header;
use http::request::Parts;

use super::error::ApiError;

/// The version in `If-Match` (`"7"`, as the record's `ETag` has it), where the client sent one.
///
/// `*` is the same as no header: any version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IfMatch(pub Option<u64>);

impl IfMatch {
    /// 409 where the client has seen another version than `current`.
    pub fn check(self, current: u64) -> Result<(), ApiError> {
        match self.0 {
            Some(seen) if seen != current => {
                Err(ApiError::conflict("the record was changed meanwhile; read it again")
                    .log(format!("If-Match {seen}, version {current}")))
            }
            _ => Ok(()),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, ApiError> {
        let Some(value) = parts.headers.get(header::IF_MATCH) else { return Ok(Self(None)) };
        let text = value.to_str().unwrap_or_default().trim();
        if text == "*" {
            return Ok(Self(None));
        }
        text.strip_prefix('"')
            .and_then(|text| text.strip_suffix('"'))
            .and_then(|text| text.parse().ok())
            .map(|version| Self(Some(version)))
            .ok_or_else(|| ApiError::invalid_field("If-Match", "must be the record's ETag"))
    }
}
