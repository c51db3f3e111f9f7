use std::fmt;

use async_trait::async_trait;
use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use secrecy::{ExposeSecret, SecretSlice, SecretString};
use sha2::{Digest, Sha256};

use super::keys::{DataKey, KeyError, KeyWrapper, Subject};

const FORM: u8 = 1;

/// The key service of one machine: wraps with a key that the environment gives. It stands in for
/// KMS in the embedded cloud; a deployment uses KMS.
pub struct LocalKeys(RandomizedNonceKey);

impl LocalKeys {
    pub fn new(secret: &SecretString) -> Result<Self, KeyError> {
        let key: [u8; DataKey::BYTES] = Sha256::digest(secret.expose_secret().as_bytes()).into();
        let key = SecretSlice::from(key.to_vec());
        RandomizedNonceKey::new(&AES_256_GCM, key.expose_secret())
            .map(Self)
            .map_err(|_| KeyError::NotConfigured)
    }
}

impl fmt::Debug for LocalKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LocalKeys(…)")
    }
}

/// As KMS does with its encryption context: the same is asked for to unwrap.
fn context(subject: &Subject) -> Aad<Vec<u8>> {
    Aad::from(format!("{}\0{}", subject.brand, subject.id).into_bytes())
}

#[async_trait]
impl KeyWrapper for LocalKeys {
    async fn generate(&self, subject: &Subject) -> Result<(DataKey, Vec<u8>), KeyError> {
        let refused = |_| KeyError::Refused("a key could not be made".to_owned());
        let mut bytes = vec![0; DataKey::BYTES];
        aws_lc_rs::rand::fill(&mut bytes).map_err(refused)?;
        let key = SecretSlice::from(bytes);
        let mut text = key.expose_secret().to_vec();
        let nonce =
            self.0.seal_in_place_append_tag(context(subject), &mut text).map_err(refused)?;
        let mut wrapped = vec![FORM];
        wrapped.extend(nonce.as_ref());
        wrapped.append(&mut text);
        Ok((DataKey::new(key.expose_secret())?, wrapped))
    }

    async fn unwrap(&self, subject: &Subject, wrapped: &[u8]) -> Result<DataKey, KeyError> {
        let foreign = || KeyError::Refused("wrapped for another subject".to_owned());
        let rest = match wrapped {
            [FORM, rest @ ..] => rest,
            _ => return Err(foreign()),
        };
        let (nonce, text) = rest.split_first_chunk::<NONCE_LEN>().ok_or_else(foreign)?;
        let mut text = text.to_vec();
        let opened = self.0.open_in_place(Nonce::from(nonce), context(subject), &mut text);
        let key = SecretSlice::from(opened.map_err(|_| foreign())?.to_vec());
        DataKey::new(key.expose_secret())
    }
}
