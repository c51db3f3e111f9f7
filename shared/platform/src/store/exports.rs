use domain::ids::BrandId;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Bookmark, Entity, Indexes, Key, Versioned};

/// How long it is known that a file was made; the file itself goes with the bucket's rule.
pub const EXPORT_KEPT_SECONDS: i64 = 24 * 3_600;
/// How long a step may take before another may take it over; longer than a function may run.
const LEASE_SECONDS: i64 = 60;

/// A file of a report that is being made, step by step, or was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Export {
    pub brand: BrandId,
    /// The hash of what was asked for.
    pub digest: String,
    #[serde(rename = "v", default)]
    pub version: u64,
    /// When it was begun; a part of the file's key, so that no other file is in the way.
    pub begun_at: Timestamp,
    pub finished_at: Option<Timestamp>,
    /// Whoever works on it has it until then.
    pub lease_until: Option<Timestamp>,
    /// The id of the upload in parts, where the file is large enough for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upload: Option<String>,
    /// Whether every part is uploaded, so that only their becoming one file is left.
    #[serde(default)]
    pub is_written: bool,
    /// What the bucket answered for each part.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<String>,
    pub rows: u64,
    pub bytes: u64,
    /// After how many rows what is too little for a part was put away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tail: Option<u64>,
    /// Where the rows go on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Bookmark>,
    /// What was added up so far, as JSON, of a report that is written at its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sums: Option<String>,
}

impl Export {
    pub fn new(brand: BrandId, digest: String, at: Timestamp) -> Self {
        Self {
            brand,
            digest,
            version: 0,
            begun_at: at,
            finished_at: None,
            lease_until: None,
            upload: None,
            is_written: false,
            parts: Vec::new(),
            rows: 0,
            bytes: 0,
            tail: None,
            after: None,
            sums: None,
        }
    }

    pub fn key_of(brand: BrandId, digest: &str) -> Key {
        Key::new(format!("B#{}#EXPORT#{digest}", brand.ulid()), "EXPORT")
    }

    /// The key of the file.
    pub fn file_key(&self) -> String {
        let begun = self.begun_at.as_millisecond();
        format!("reports/{}/{}/{begun}.csv", self.brand.ulid(), self.digest)
    }

    /// The key of what was written and is too little for a part of its own. It is another one
    /// after each step, since a step may fail after it put its own away.
    pub fn tail_key(&self) -> Option<String> {
        self.tail.map(|rows| format!("{}.{rows}", self.file_key()))
    }

    /// Whether somebody works on it now.
    pub fn is_leased(&self, now: Timestamp) -> bool {
        self.lease_until.is_some_and(|until| now < until)
    }

    pub fn lease(&mut self, now: Timestamp) {
        let until = now.checked_add(SignedDuration::from_secs(LEASE_SECONDS));
        self.lease_until = until.ok();
    }

    /// Whether it was finished so long ago, or was begun so long ago and never finished, that it is
    /// to be made anew.
    pub fn is_stale(&self, now: Timestamp, fresh_for: SignedDuration) -> bool {
        let kept = SignedDuration::from_secs(EXPORT_KEPT_SECONDS);
        match self.finished_at {
            Some(finished_at) => now.duration_since(finished_at) >= fresh_for,
            None => now.duration_since(self.begun_at) >= kept,
        }
    }
}

impl Entity for Export {
    const NAME: &'static str = "export";

    fn key(&self) -> Key {
        Self::key_of(self.brand, &self.digest)
    }

    fn indexes(&self) -> Indexes {
        let expires_at = self.begun_at.as_second() + 2 * EXPORT_KEPT_SECONDS;
        Indexes { expires_at: Some(expires_at), ..Indexes::default() }
    }
}

impl Versioned for Export {
    fn version(&self) -> u64 {
        self.version
    }

    fn set_version(&mut self, version: u64) {
        self.version = version;
    }
}
