//! How often somebody may call: counted per minute of the wall clock, in the table, so that all
//! instances of a function share one count.

use hmac::{Hmac, KeyInit, Mac};
use secrecy::ExposeSecret;
use sha2::Sha256;

use super::context::ClientIp;
use super::error::ApiError;
use crate::Deps;
use crate::auth::ActorId;
use crate::store::Key;

const WINDOW_SECONDS: i64 = 60;
/// Counters outlive their window by this, since expiry is not exact.
const KEPT_SECONDS: i64 = 300;
/// For callers of no brand; a brand sets its own.
pub const DEFAULT_PER_MINUTE: u32 = 100;
const SIGN_IN_PER_MINUTE: u32 = 10;

/// Counts a call of a signed-in caller; 429 over the limit.
pub(crate) async fn principal(
    deps: &Deps,
    actor: ActorId,
    per_minute: u32,
) -> Result<(), ApiError> {
    count(deps, &format!("ACTOR#{actor}"), per_minute).await
}

/// Counts an attempt to prove an identity, by address and by identifier; 429 over ten a minute of
/// either. The identifier (an e-mail address, a phone number) is stored only as a keyed hash.
pub async fn sign_in(deps: &Deps, ip: ClientIp, identifier: &str) -> Result<(), ApiError> {
    let key = deps.config.lookup_key.get()?.expose_secret().as_bytes();
    let mut mac =
        Hmac::<Sha256>::new_from_slice(key).map_err(|error| ApiError::internal_from(&error))?;
    mac.update(identifier.trim().to_lowercase().as_bytes());
    let identifier = hex::encode(mac.finalize().into_bytes());
    let by_address = count(deps, &format!("IP#{}", ip.caller()), SIGN_IN_PER_MINUTE).await;
    let by_identifier = count(deps, &format!("IDENTIFIER#{identifier}"), SIGN_IN_PER_MINUTE).await;
    by_address.and(by_identifier)
}

async fn count(deps: &Deps, who: &str, per_minute: u32) -> Result<(), ApiError> {
    let now = deps.clock.wall().as_second();
    let window = now - now.rem_euclid(WINDOW_SECONDS);
    let key = Key::new(format!("RATE#{who}"), window.to_string());
    let calls = deps.table.count(&key, window + WINDOW_SECONDS + KEPT_SECONDS).await?;
    if calls <= u64::from(per_minute) {
        return Ok(());
    }
    let wait = u32::try_from(window + WINDOW_SECONDS - now).unwrap_or(1).max(1);
    Err(ApiError::too_many_requests(wait))
}
