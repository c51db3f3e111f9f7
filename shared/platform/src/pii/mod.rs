//! Personal data at rest: each field sealed by itself, under a key of the person's own.
//!
//! A subject (a customer, an import) has a data key; the table holds it wrapped, in the subject's
//! record, and the key service unwraps it for whoever names the same brand and subject. A field is
//! sealed with AES-256-GCM and bound to brand, subject and the field's name, so that what is moved
//! to another record or field does not open. Where the wrapped key is gone, everything sealed under
//! it is gone: that is how a person is erased.

mod cache;
mod derived;
mod envelope;
mod keys;
mod local;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::{SignedDuration, Timestamp};

use crate::store::StoreError;

pub use derived::DerivedKey;
pub use envelope::Sealed;
pub use keys::{DataKey, KeyError, KeyRing, KeyWrapper, NoKeys, Subject};
pub use local::LocalKeys;

use cache::OpenKeys;

/// A data key that is older gets a successor when its subject is changed next.
const KEY_LIFE: SignedDuration = SignedDuration::from_hours(365 * 24);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PiiError {
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The subject was erased, or the value is of a key that it no longer has.
    #[error("there is no key for a sealed value")]
    NoKey,
    /// Changed, or moved from another brand, subject or field.
    #[error("a sealed value does not open")]
    Foreign,
    #[error("a sealed value has the unknown form {0}")]
    Form(u8),
}

impl From<PiiError> for StoreError {
    fn from(error: PiiError) -> Self {
        match error {
            PiiError::Key(KeyError::Unavailable(_)) => Self::Unavailable(error.to_string()),
            PiiError::Key(_) => Self::Refused(error.to_string()),
            PiiError::NoKey | PiiError::Foreign | PiiError::Form(_) => {
                Self::Corrupt(error.to_string())
            }
        }
    }
}

/// Seals and opens personal data; cheap to clone.
#[derive(Debug, Clone)]
pub struct Pii {
    wrapper: Arc<dyn KeyWrapper>,
    open: Arc<OpenKeys>,
    calls: Arc<AtomicU64>,
}

impl Pii {
    pub fn new(wrapper: Arc<dyn KeyWrapper>) -> Self {
        Self { wrapper, open: Arc::default(), calls: Arc::default() }
    }

    /// The first key of a new subject: one call of the key service.
    pub async fn generate(&self, subject: &Subject, now: Timestamp) -> Result<KeyRing, PiiError> {
        let mut ring = KeyRing::default();
        self.add_key(subject, &mut ring, now).await?;
        Ok(ring)
    }

    /// Gives a subject whose present key is old a new one: what is sealed from now on is sealed
    /// under it, and what was sealed before still opens.
    pub async fn renew(
        &self,
        subject: &Subject,
        ring: &mut KeyRing,
        now: Timestamp,
    ) -> Result<(), PiiError> {
        let age = ring.since().map(|since| now.duration_since(since));
        if age.is_some_and(|age| age > KEY_LIFE) && ring.has_room() {
            self.add_key(subject, ring, now).await?;
        }
        Ok(())
    }

    async fn add_key(
        &self,
        subject: &Subject,
        ring: &mut KeyRing,
        now: Timestamp,
    ) -> Result<(), PiiError> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        let (key, wrapped) = self.wrapper.generate(subject).await?;
        self.open.keep(subject, &wrapped, Arc::new(key));
        ring.push(wrapped, now);
        Ok(())
    }

    /// Seals a value under the subject's present key.
    pub async fn seal(
        &self,
        subject: &Subject,
        ring: &KeyRing,
        field: &str,
        value: &[u8],
    ) -> Result<Sealed, PiiError> {
        let (generation, wrapped) = ring.current().ok_or(PiiError::NoKey)?;
        let key = self.key(subject, wrapped).await?;
        envelope::seal(&key, generation, &subject.context(field), value)
    }

    /// Opens a value that was sealed for the same subject and field.
    pub async fn open(
        &self,
        subject: &Subject,
        ring: &KeyRing,
        field: &str,
        sealed: &Sealed,
    ) -> Result<Vec<u8>, PiiError> {
        let wrapped = ring.get(sealed.generation()?).ok_or(PiiError::NoKey)?;
        let key = self.key(subject, wrapped).await?;
        envelope::open(&key, &subject.context(field), sealed)
    }

    /// As [`Self::seal`], for text that may be absent.
    pub async fn seal_text(
        &self,
        subject: &Subject,
        ring: &KeyRing,
        field: &str,
        text: Option<&str>,
    ) -> Result<Option<Sealed>, PiiError> {
        match text {
            Some(text) => self.seal(subject, ring, field, text.as_bytes()).await.map(Some),
            None => Ok(None),
        }
    }

    /// As [`Self::open`], for text.
    pub async fn open_text(
        &self,
        subject: &Subject,
        ring: &KeyRing,
        field: &str,
        sealed: &Sealed,
    ) -> Result<String, PiiError> {
        let value = self.open(subject, ring, field, sealed).await?;
        String::from_utf8(value).map_err(|_| PiiError::Foreign)
    }

    /// Calls of the key service so far, to make or unwrap a key.
    pub fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }

    async fn key(&self, subject: &Subject, wrapped: &[u8]) -> Result<Arc<DataKey>, PiiError> {
        if let Some(key) = self.open.find(subject, wrapped) {
            return Ok(key);
        }
        self.calls.fetch_add(1, Ordering::Relaxed);
        let key = Arc::new(self.wrapper.unwrap(subject, wrapped).await?);
        self.open.keep(subject, wrapped, Arc::clone(&key));
        Ok(key)
    }
}

#[cfg(test)]
mod tests;
