//! Ids in the path.

use axum::extract::{FromRequestParts, RawPathParams};
use http::request::Parts;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::error::ApiError;

/// The path parameter that names the brand; the permission extractor reads it.
pub(crate) const BRAND_PARAMETER: &str = "brandId";

/// What a path names below its brand: one id (`Path<LoanId>`), or several as a tuple in the path's
/// order or as a struct by name.
///
/// Text that is not such an id names nothing: 404, as for an id that does not exist.
#[derive(Debug, Clone, Copy)]
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let parameters = RawPathParams::from_request_parts(parts, state)
            .await
            .map_err(|rejection| ApiError::not_found().log(rejection.to_string()))?;
        let parameters: Vec<(&str, &str)> =
            parameters.iter().filter(|(name, _)| *name != BRAND_PARAMETER).collect();
        read(&parameters).map(Self).ok_or_else(ApiError::not_found)
    }
}

fn read<T: DeserializeOwned>(parameters: &[(&str, &str)]) -> Option<T> {
    if let [(_, only)] = parameters
        && let Ok(value) = serde_json::from_value(Value::from(*only))
    {
        return Some(value);
    }
    let by_name = parameters.iter().map(|(name, value)| ((*name).to_owned(), Value::from(*value)));
    if let Ok(value) = serde_json::from_value(Value::Object(by_name.collect())) {
        return Some(value);
    }
    let in_order = parameters.iter().map(|(_, value)| Value::from(*value)).collect();
    serde_json::from_value(Value::Array(in_order)).ok()
}
