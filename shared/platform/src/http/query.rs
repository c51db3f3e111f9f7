//! The query of a URL.

use axum::extract::FromRequestParts;
use http::request::Parts;
use serde::de::DeserializeOwned;

use super::error::ApiError;
use super::fields::{self, Failure};
use garde::Validate;

/// The query as `T`; 400 with all the parameters that are wrong.
///
/// A list's `limit` and `cursor` belong to [`super::page::List`], which hands the rest to its
/// filters.
#[derive(Debug, Clone)]
pub struct Query<T>(pub T);

impl<T, S> FromRequestParts<S> for Query<T>
where
    T: DeserializeOwned + Validate<Context: Default>,
    S: Send + Sync,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, ApiError> {
        parse(pairs(parts)?).map(Self)
    }
}

/// The query's names and values, decoded, in their order.
pub(super) fn pairs(parts: &Parts) -> Result<Vec<(String, String)>, ApiError> {
    serde_urlencoded::from_str(parts.uri.query().unwrap_or_default())
        .map_err(|_| ApiError::malformed("the query cannot be read"))
}

/// Reads and checks a `T`; the error names every parameter that is wrong.
pub(super) fn parse<T>(pairs: Vec<(String, String)>) -> Result<T, ApiError>
where
    T: DeserializeOwned + Validate<Context: Default>,
{
    let value = match read(&pairs) {
        Ok(value) => value,
        Err(first) => {
            return Err(match fields::all_failures(pairs, &[], read::<T>) {
                Ok(errors) if errors.is_empty() => ApiError::malformed(first.message),
                Ok(errors) => ApiError::invalid(errors),
                Err(message) => ApiError::malformed(message),
            });
        }
    };
    fields::validate(&value)?;
    Ok(value)
}

fn read<T: DeserializeOwned>(pairs: &[(String, String)]) -> Result<T, Failure> {
    let failure = |message: String| Failure { path: String::new(), message };
    let text = serde_urlencoded::to_string(pairs).map_err(|error| failure(error.to_string()))?;
    let parsed = form_urlencoded::parse(text.as_bytes());
    serde_path_to_error::deserialize(serde_urlencoded::Deserializer::new(parsed))
        .map_err(|error| Failure::of(&error))
}
