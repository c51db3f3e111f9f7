use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, OptionalExtension, params};
use serde::Serialize;
use serde::de::DeserializeOwned;

const SCHEMA: &str = "PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    CREATE TABLE IF NOT EXISTS documents (
        kind TEXT NOT NULL, key TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (kind, key)
    ) WITHOUT ROWID;";

/// What the cloud itself has to remember: schedules, stream positions, dead letters. Small JSON
/// documents by kind and key in one SQLite file; each write is on disk when the call returns.
#[derive(Clone, Debug)]
pub struct Documents(Arc<Mutex<Connection>>);

/// A document could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum DocumentError {
    /// SQLite refused.
    #[error("local state file: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// A stored document is not what this version writes.
    #[error("local state document: {0}")]
    Json(#[from] serde_json::Error),
}

impl Documents {
    /// Opens or creates the file.
    pub fn open(path: &Path) -> Result<Self, DocumentError> {
        let connection = Connection::open(path)?;
        connection.execute_batch(SCHEMA)?;
        Ok(Self(Arc::new(Mutex::new(connection))))
    }

    /// The document, if there is one.
    pub fn get<T: DeserializeOwned>(
        &self,
        kind: &str,
        key: &str,
    ) -> Result<Option<T>, DocumentError> {
        let body: Option<String> = self
            .lock()
            .prepare_cached("SELECT body FROM documents WHERE kind = ?1 AND key = ?2")?
            .query_row(params![kind, key], |row| row.get(0))
            .optional()?;
        Ok(body.as_deref().map(serde_json::from_str).transpose()?)
    }

    /// Every document of a kind, by key.
    pub fn list<T: DeserializeOwned>(&self, kind: &str) -> Result<Vec<T>, DocumentError> {
        let connection = self.lock();
        let mut statement =
            connection.prepare_cached("SELECT body FROM documents WHERE kind = ?1 ORDER BY key")?;
        let bodies =
            statement.query_map([kind], |row| row.get(0))?.collect::<Result<Vec<String>, _>>()?;
        bodies.iter().map(|body| Ok(serde_json::from_str(body)?)).collect()
    }

    /// Writes or replaces a document.
    pub fn put<T: Serialize>(&self, kind: &str, key: &str, value: &T) -> Result<(), DocumentError> {
        let body = serde_json::to_string(value)?;
        self.lock()
            .prepare_cached(
                "INSERT OR REPLACE INTO documents (kind, key, body) VALUES (?1, ?2, ?3)",
            )?
            .execute(params![kind, key, body])?;
        Ok(())
    }

    /// Removes a document; one that is not there is no error.
    pub fn delete(&self, kind: &str, key: &str) -> Result<(), DocumentError> {
        self.lock()
            .prepare_cached("DELETE FROM documents WHERE kind = ?1 AND key = ?2")?
            .execute(params![kind, key])?;
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, Connection> {
        // A panic in between leaves no half-written state: every call is one statement.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
