use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

use super::StoreError;

/// The hash by which a record is found from a personal or secret text (HMAC-SHA256, hex): of no
/// use without the key. `purpose` keeps the hashes of different kinds of text apart.
pub fn keyed_hash(key: &SecretString, purpose: &str, text: &str) -> Result<String, StoreError> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.expose_secret().as_bytes())
        .map_err(|error| StoreError::Refused(error.to_string()))?;
    mac.update(purpose.as_bytes());
    mac.update(&[0]);
    mac.update(text.as_bytes());
    Ok(hex::encode(mac.finalize().into_bytes()))
}
