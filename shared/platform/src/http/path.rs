//! Ids in the path.

use axum::extract::{FromRequestParts, RawPathParams};
use http::request::Parts;
use serde::de::DeserializeOwned;
use serde_json::Value;
use ulid::Ulid;

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

/// A path as an error may show it: what stands where an id belongs, and is none, may be anybody's
/// name or number. The parameters of the route that are no ids are shown by their name; where no
/// route is so called, only words and ids are shown.
pub(super) fn shown(path: &str, route: Option<&str>) -> String {
    let Some(route) = route else {
        let shown = path.split('/').map(|segment| match segment {
            "" | "v1" => segment,
            _ if is_word(segment) || is_id(segment) => segment,
            _ => "{}",
        });
        return shown.collect::<Vec<_>>().join("/");
    };
    let segments = route.split('/').zip(path.split('/'));
    let shown = segments.map(|(named, given)| match named.starts_with('{') {
        true if is_id(given) => given,
        _ => named,
    });
    shown.collect::<Vec<_>>().join("/")
}

fn is_word(segment: &str) -> bool {
    segment.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
}

/// A prefix, a ULID, and for what is a part of something its number in it.
fn is_id(segment: &str) -> bool {
    const ULID_CHARS: usize = 26;
    let mut parts = segment.split('_');
    let (prefix, ulid, number) = (parts.next(), parts.next(), parts.next());
    prefix.is_some_and(is_word)
        && ulid.is_some_and(|ulid| ulid.len() == ULID_CHARS && ulid.parse::<Ulid>().is_ok())
        && number.is_none_or(|number| number.len() <= 4 && number.parse::<u16>().is_ok())
        && parts.next().is_none()
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

#[cfg(test)]
mod tests {
    use super::shown;

    const BRAND: &str = "/api/v1/partner/brand/brand_01JGZ3B5C7D9E1F3G5H7J9K1M3";

    #[test]
    fn an_error_shows_ids_and_no_text_that_somebody_wrote_in_their_place() {
        let route = "/api/v1/partner/brand/{brandId}/invoices/{invoiceId}/waive";
        for (given, expected) in [
            ("inv_01JGZ5D7E9F1G3H5J7K9M1N3P5_12", "inv_01JGZ5D7E9F1G3H5J7K9M1N3P5_12"),
            ("+5511911112222", "{invoiceId}"),
            ("ana", "{invoiceId}"),
            ("inv_01JGZ5D7E9F1G3H5J7K9M1N3P5_ana", "{invoiceId}"),
            ("ana%20souza", "{invoiceId}"),
        ] {
            let path = format!("{BRAND}/invoices/{given}/waive");
            let expected = format!("{BRAND}/invoices/{expected}/waive");
            assert_eq!(shown(&path, Some(route)), expected);
        }
    }

    #[test]
    fn a_path_of_no_route_shows_words_and_ids() {
        let path = format!("{BRAND}/no-such-route/ana%40lender.example/529.982.247-25/");
        assert_eq!(shown(&path, None), format!("{BRAND}/no-such-route/{{}}/{{}}/"));
    }
}
