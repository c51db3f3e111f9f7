use std::fmt;

use async_trait::async_trait;
use aws_lc_rs::aead::{AES_256_GCM, RandomizedNonceKey};
use domain::ids::{BrandId, CustomerId, ImportId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Keys that one subject may have had.
const RING_LIMIT_KEYS: usize = 16;

/// Whose data are sealed. Brand and id are the key service's encryption context and a part of what
/// each value is bound to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Subject {
    pub brand: BrandId,
    /// The id of the record that holds the wrapped key: `cus_…`, `imp_…`.
    pub id: String,
}

impl Subject {
    pub fn customer(brand: BrandId, id: CustomerId) -> Self {
        Self { brand, id: id.to_string() }
    }

    pub fn import(brand: BrandId, id: ImportId) -> Self {
        Self { brand, id: id.to_string() }
    }
}

impl Subject {
    /// What a field of the subject is bound to. The parts stay apart: neither ids nor the names of
    /// fields have a zero byte.
    pub(super) fn context(&self, field: &str) -> Vec<u8> {
        let mut bytes = self.brand.ulid().to_bytes().to_vec();
        bytes.extend(self.id.as_bytes());
        bytes.push(0);
        bytes.extend(field.as_bytes());
        bytes
    }
}

/// Why a key cannot be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    #[error("the key service does not answer: {0}")]
    Unavailable(String),
    /// Wrapped for another brand or subject, or by another key; or no access.
    #[error("the key service refuses: {0}")]
    Refused(String),
    #[error("no key service: set KMS_KEY_ID, or DATA_KEY on one machine")]
    NotConfigured,
}

/// A key that values are sealed with. It never leaves memory, and `Debug` does not show it.
pub struct DataKey(RandomizedNonceKey);

impl DataKey {
    pub const BYTES: usize = 32;

    /// From the key's own bytes, which the caller wipes.
    pub fn new(bytes: &[u8]) -> Result<Self, KeyError> {
        RandomizedNonceKey::new(&AES_256_GCM, bytes)
            .map(Self)
            .map_err(|_| KeyError::Refused("a data key of the wrong length".to_owned()))
    }

    pub(super) const fn cipher(&self) -> &RandomizedNonceKey {
        &self.0
    }
}

impl fmt::Debug for DataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DataKey(…)")
    }
}

/// Makes data keys, and unwraps those that it made for the same subject.
#[async_trait]
pub trait KeyWrapper: fmt::Debug + Send + Sync {
    /// A new key, and the same wrapped for the subject.
    async fn generate(&self, subject: &Subject) -> Result<(DataKey, Vec<u8>), KeyError>;

    async fn unwrap(&self, subject: &Subject, wrapped: &[u8]) -> Result<DataKey, KeyError>;
}

/// Where no key service is configured: for functions that touch no personal data.
#[derive(Debug, Clone, Copy)]
pub struct NoKeys;

#[async_trait]
impl KeyWrapper for NoKeys {
    async fn generate(&self, _subject: &Subject) -> Result<(DataKey, Vec<u8>), KeyError> {
        Err(KeyError::NotConfigured)
    }

    async fn unwrap(&self, _subject: &Subject, _wrapped: &[u8]) -> Result<DataKey, KeyError> {
        Err(KeyError::NotConfigured)
    }
}

/// One wrapped key.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Wrapped {
    #[serde(rename = "k", with = "serde_bytes")]
    key: Vec<u8>,
    #[serde(rename = "t")]
    since_second: i64,
}

/// The wrapped keys of a subject, oldest first; the last one seals. A value names its key by its
/// place, so a key is never removed while others stay.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct KeyRing(Vec<Wrapped>);

impl KeyRing {
    /// Whether the subject has no key: it was erased.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn has_room(&self) -> bool {
        self.0.len() < RING_LIMIT_KEYS
    }

    pub(super) fn since(&self) -> Option<Timestamp> {
        Timestamp::from_second(self.0.last()?.since_second).ok()
    }

    pub(super) fn push(&mut self, key: Vec<u8>, now: Timestamp) {
        self.0.push(Wrapped { key, since_second: now.as_second() });
    }

    pub(super) fn current(&self) -> Option<(u8, &[u8])> {
        let generation = u8::try_from(self.0.len().checked_sub(1)?).ok()?;
        Some((generation, self.get(generation)?))
    }

    pub(super) fn get(&self, generation: u8) -> Option<&[u8]> {
        self.0.get(usize::from(generation)).map(|wrapped| wrapped.key.as_slice())
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyRing({} keys)", self.0.len())
    }
}
