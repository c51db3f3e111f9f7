//! The audit: who did what, each record carrying the hash of the one before it. A brand's month is
//! one chain, and its head says how long the chain is and how it ends.

mod append;
mod verify;

use domain::ids::{AuditId, BrandId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{Effect, Entity, Key, StoreError, Versioned};

pub use verify::{Anchor, Break, Chain, verify};

/// A SHA-256.
type Hash = [u8; 32];

/// One line of the audit: appended once, never changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuditRecord {
    pub brand: BrandId,
    pub id: AuditId,
    pub at: Timestamp,
    pub effect: Effect,
    /// Its place in the chain; none before it is appended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<Link>,
}

/// A record's place in its chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Link {
    /// From 1, without gaps.
    pub position: u64,
    /// The hash of the record before it, in hexadecimal.
    pub previous: String,
    /// Of position, previous hash and content.
    pub hash: String,
}

/// What a hash says of a record beside its place. The order of the fields is part of every hash.
#[derive(Serialize)]
struct Content<'r> {
    brand: BrandId,
    id: AuditId,
    at: Timestamp,
    effect: &'r Effect,
}

impl AuditRecord {
    pub const fn new(brand: BrandId, id: AuditId, at: Timestamp, effect: Effect) -> Self {
        Self { brand, id, at, effect, link: None }
    }

    /// The partition of a month of a brand's audit: `2026-03`.
    pub fn partition(brand: BrandId, month: &str) -> String {
        format!("B#{}#A#{month}", brand.ulid())
    }

    /// The month, in Greenwich, whose chain it belongs to.
    fn month(&self) -> String {
        self.at.to_string().chars().take(7).collect()
    }

    fn content(&self) -> Result<Hash, StoreError> {
        let Self { brand, id, at, ref effect, .. } = *self;
        let text = serde_json::to_vec(&Content { brand, id, at, effect });
        let text = text.map_err(|error| StoreError::Refused(error.to_string()))?;
        Ok(Sha256::digest(text).into())
    }
}

impl Entity for AuditRecord {
    const NAME: &'static str = "audit record";

    fn key(&self) -> Key {
        Key::new(Self::partition(self.brand, &self.month()), self.id.ulid().to_string())
    }
}

/// The end of a chain. Its version is the number of records.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChainHead {
    pub brand: BrandId,
    pub month: String,
    #[serde(rename = "v")]
    pub records: u64,
    /// The hash of the last record.
    pub hash: String,
}

impl ChainHead {
    /// The partition of the heads of a brand's chains.
    pub fn partition(brand: BrandId) -> String {
        format!("B#{}#AH", brand.ulid())
    }

    pub fn key_of(brand: BrandId, month: &str) -> Key {
        Key::new(Self::partition(brand), month)
    }

    /// A chain without records. It ends in a hash of its own, so that no chain can stand for
    /// another one.
    fn empty(brand: BrandId, month: &str) -> Self {
        let hash = Sha256::digest(AuditRecord::partition(brand, month));
        Self { brand, month: month.to_owned(), records: 0, hash: hex::encode(hash) }
    }
}

impl Entity for ChainHead {
    const NAME: &'static str = "head of an audit chain";

    fn key(&self) -> Key {
        Self::key_of(self.brand, &self.month)
    }
}

impl Versioned for ChainHead {
    fn version(&self) -> u64 {
        self.records
    }

    fn set_version(&mut self, version: u64) {
        self.records = version;
    }
}

/// The hash of a record at a place of a chain.
fn link_hash(position: u64, previous: &str, content: &Hash) -> String {
    let mut hash = Sha256::new();
    hash.update(position.to_be_bytes());
    // Hashes have one length; a text of another one cannot be mistaken for it.
    hash.update(u64::try_from(previous.len()).unwrap_or(u64::MAX).to_be_bytes());
    hash.update(previous);
    hash.update(content);
    hex::encode(hash.finalize())
}
