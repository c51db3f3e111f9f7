//! The JSON body of a request.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, Request};
use http::{HeaderMap, header};
use serde::de::value::MapDeserializer;
use serde_json::Value;

use super::error::ApiError;
use super::fields::{self, Failure, RequestType};

/// A body with no limit of its own may be this large. A router that takes more (or less) says so
/// with `.layer(axum::extract::DefaultBodyLimit::max(…))`.
pub const BODY_LIMIT_BYTES: usize = 256 * 1024;

/// The body of a request as `T`: read as JSON, unknown fields refused where `T` refuses them,
/// limits checked.
///
/// Errors: 415 for another content type, 413 over the router's limit, 400 with all the fields that
/// are wrong. Several fields of one nested object are all named where they break a limit, one by
/// one where they have the wrong shape.
#[derive(Debug, Clone)]
pub struct Body<T>(pub T);

impl<T: RequestType, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let bytes = json_bytes(request, state).await?;
        parse(&bytes).map(Self)
    }
}

/// The bytes of a JSON body within the router's limit.
pub(super) async fn json_bytes<S: Send + Sync>(
    request: Request,
    state: &S,
) -> Result<Bytes, ApiError> {
    if !is_json(request.headers()) {
        return Err(ApiError::unsupported_media_type("the body must be application/json"));
    }
    Bytes::from_request(request, state).await.map_err(|rejection| match rejection {
        BytesRejection::FailedToBufferBody(error)
            if error.status() == http::StatusCode::PAYLOAD_TOO_LARGE =>
        {
            ApiError::too_large("the body is too large")
        }
        other => ApiError::malformed("the body could not be read").log(other.to_string()),
    })
}

fn is_json(headers: &HeaderMap) -> bool {
    let Some(value) = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok())
    else {
        return false;
    };
    let essence = value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence == "application/json"
        || (essence.starts_with("application/") && essence.ends_with("+json"))
}

/// Reads and checks a `T`; the error names every field that is wrong.
pub(super) fn parse<T: RequestType>(bytes: &[u8]) -> Result<T, ApiError> {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut deserializer)
        .ok()
        .filter(|_: &T| deserializer.end().is_ok())
        .ok_or_else(|| explain::<T>(bytes))?;
    fields::validate(&value)?;
    Ok(value)
}

fn explain<T: RequestType>(bytes: &[u8]) -> ApiError {
    let object = match serde_json::from_slice(bytes) {
        Ok(Value::Object(object)) => object,
        Ok(_) => return ApiError::malformed("the body must be a JSON object"),
        Err(error) => {
            let (line, column) = (error.line(), error.column());
            return ApiError::malformed(format!(
                "the body is not JSON: see line {line}, column {column}"
            ));
        }
    };
    let read = |fields: &[(String, Value)]| -> Result<T, Failure> {
        let fields = fields.iter().map(|(name, value)| (name.as_str(), value));
        let map = MapDeserializer::<_, serde_json::Error>::new(fields);
        serde_path_to_error::deserialize(map).map_err(|error| Failure::of(&error))
    };
    let required = fields::required_fields::<T>();
    match fields::all_failures(object.into_iter().collect(), &required, read) {
        Ok(errors) if errors.is_empty() => ApiError::malformed("the body names a field twice"),
        Ok(errors) => ApiError::invalid(errors),
        Err(message) => ApiError::malformed(message),
    }
}
