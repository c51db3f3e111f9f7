use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::keys::{DataKey, Subject};

/// Unwrapped keys that are held at the same time.
const OPEN_LIMIT_KEYS: usize = 1_024;
/// How long an unwrapped key is held; after it the key service is asked again, and may refuse.
const OPEN_LIFE: Duration = Duration::from_secs(300);

type Entries = HashMap<(Subject, Vec<u8>), (Instant, Arc<DataKey>)>;

/// Unwrapped keys, by subject and wrapped key: a key that was wrapped for another subject is not
/// found.
#[derive(Default)]
pub(super) struct OpenKeys(Mutex<Entries>);

impl OpenKeys {
    pub fn find(&self, subject: &Subject, wrapped: &[u8]) -> Option<Arc<DataKey>> {
        let entries = self.entries();
        let (since, key) = entries.get(&(subject.clone(), wrapped.to_vec()))?;
        (since.elapsed() < OPEN_LIFE).then(|| Arc::clone(key))
    }

    #[expect(clippy::disallowed_methods, reason = "the age of a held key is not business time")]
    pub fn keep(&self, subject: &Subject, wrapped: &[u8], key: Arc<DataKey>) {
        let mut entries = self.entries();
        if entries.len() >= OPEN_LIMIT_KEYS {
            entries.retain(|_, (since, _)| since.elapsed() < OPEN_LIFE);
        }
        if entries.len() >= OPEN_LIMIT_KEYS {
            let oldest = entries.iter().min_by_key(|(_, (since, _))| *since);
            if let Some(oldest) = oldest.map(|(place, _)| place.clone()) {
                entries.remove(&oldest);
            }
        }
        entries.insert((subject.clone(), wrapped.to_vec()), (Instant::now(), key));
    }

    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.entries().len()
    }

    fn entries(&self) -> MutexGuard<'_, Entries> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for OpenKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OpenKeys({})", self.entries().len())
    }
}
