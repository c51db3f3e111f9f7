use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretSlice, SecretString};
use sha2::Sha256;

use super::PiiError;
use super::envelope::{self, Sealed};
use super::keys::{DataKey, KeyError};

/// A key that nobody stores: it follows from a secret of the deployment and from what only whoever
/// asks again can say, such as an idempotency key.
#[derive(Debug)]
pub struct DerivedKey {
    key: DataKey,
    mac: SecretSlice<u8>,
}

impl DerivedKey {
    /// `purpose` keeps the keys of different uses apart.
    pub fn new(secret: &SecretString, purpose: &str, parts: &[&str]) -> Result<Self, PiiError> {
        let derive = |label: &str| {
            let mut mac = hmac(secret.expose_secret().as_bytes())?;
            for part in [purpose, label].iter().chain(parts) {
                mac.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
                mac.update(part.as_bytes());
            }
            Ok::<_, PiiError>(SecretSlice::from(mac.finalize().into_bytes().to_vec()))
        };
        Ok(Self { key: DataKey::new(derive("seal")?.expose_secret())?, mac: derive("mark")? })
    }

    pub fn seal(&self, value: &[u8]) -> Result<Sealed, PiiError> {
        envelope::seal(&self.key, 0, &[], value)
    }

    pub fn open(&self, sealed: &Sealed) -> Result<Vec<u8>, PiiError> {
        envelope::open(&self.key, &[], sealed)
    }

    /// By which an equal value is known again.
    pub fn mark(&self, value: &[u8]) -> Result<[u8; 32], PiiError> {
        let mut mac = hmac(self.mac.expose_secret())?;
        mac.update(value);
        Ok(mac.finalize().into_bytes().into())
    }
}

fn hmac(key: &[u8]) -> Result<Hmac<Sha256>, PiiError> {
    Hmac::new_from_slice(key).map_err(|error| KeyError::Refused(error.to_string()).into())
}
