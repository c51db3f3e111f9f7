//! The double-submit token: a browser that holds a session's cookies must also send, as a header,
//! what only a script of our own origin can read. Bound to the session by HMAC, so that a planted
//! cookie is of no use.

use domain::ids::SessionId;
use hmac::{Hmac, KeyInit, Mac};
use http::HeaderMap;
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use super::cookie::Cookie;
use crate::http::error::ApiError;

pub const CSRF_HEADER: &str = "x-csrf-token";
/// Keeps these MACs apart from the tokens signed with the same key.
const PURPOSE: &[u8] = b"csrf\0";

/// The token of a session, in hex.
pub fn token(key: &SecretString, session: SessionId) -> Result<String, ApiError> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.expose_secret().as_bytes())
        .map_err(|error| ApiError::internal_from(&error))?;
    mac.update(PURPOSE);
    mac.update(session.to_string().as_bytes());
    Ok(hex::encode(mac.finalize().into_bytes()))
}

/// 403 unless header and cookie both are the session's token.
pub fn check(
    key: &SecretString,
    session: SessionId,
    headers: &HeaderMap,
    insecure: bool,
) -> Result<(), ApiError> {
    let expected = token(key, session)?;
    let same = |given: Option<&str>| {
        given.is_some_and(|given| given.as_bytes().ct_eq(expected.as_bytes()).into())
    };
    let header = headers.get(CSRF_HEADER).and_then(|value| value.to_str().ok());
    if same(header) && same(Cookie::Csrf.read(headers, insecure)) {
        return Ok(());
    }
    Err(ApiError::forbidden("the header x-csrf-token is missing or not this session's"))
}
