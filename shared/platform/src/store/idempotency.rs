use domain::ids::BrandId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{Condition, Consistency, Entity, Indexes, Key, StoreError, Table, Tx, Update};

/// How long an answer is kept for replays.
const KEPT_SECONDS: i64 = 7 * 24 * 3600;
/// How long a request may be under way before another may take its key over.
const LEASE_SECONDS: i64 = 60;

/// What a key was first used for, and the answer to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Record {
    #[serde(rename = "h")]
    partition: String,
    #[serde(rename = "f")]
    fingerprint: String,
    /// The request that holds the key, until when.
    #[serde(rename = "w")]
    holder: String,
    #[serde(rename = "l")]
    lease_until: i64,
    #[serde(rename = "s", default, skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    #[serde(rename = "a", default, skip_serializing_if = "Option::is_none")]
    answer: Option<String>,
    #[serde(rename = "e")]
    expires_at: i64,
}

impl Entity for Record {
    const NAME: &'static str = "idempotency record";

    fn key(&self) -> Key {
        Key::new(self.partition.clone(), "K")
    }

    fn indexes(&self) -> Indexes {
        Indexes { expires_at: Some(self.expires_at), ..Indexes::default() }
    }
}

/// What to do with a request that carries a key.
#[derive(Debug)]
pub enum Begun {
    /// The first of its kind: do it, and write [`Claim::complete`] in its transaction.
    Fresh(Claim),
    /// It was done before: this was the answer.
    Replay { status: u16, answer: String },
    /// It is being done now by another.
    InProgress,
    /// The key was used for another request.
    OtherRequest,
}

/// A key held for one request.
#[derive(Debug, Clone)]
pub struct Claim {
    key: Key,
    holder: String,
}

/// Takes a key for a request, or finds what was answered before.
///
/// `scope` is who uses the key (brand and actor): the same key of another is another key. `holder`
/// is unique to this try; `fingerprint` tells requests apart; `now` is wall time.
pub async fn begin(
    table: &Table,
    brand: BrandId,
    scope: &str,
    key: &str,
    fingerprint: &[u8],
    holder: &str,
    now: Timestamp,
) -> Result<Begun, StoreError> {
    let partition = format!("B#{}#K#{}", brand.ulid(), digest(scope, key));
    let record = Record {
        partition,
        fingerprint: hex::encode(fingerprint),
        holder: holder.to_owned(),
        lease_until: now.as_second() + LEASE_SECONDS,
        status: None,
        answer: None,
        expires_at: now.as_second() + KEPT_SECONDS,
    };
    let claim = Claim { key: record.key(), holder: holder.to_owned() };
    match table.create(&record).await {
        Ok(()) => return Ok(Begun::Fresh(claim)),
        Err(error) if error.is_conflict() => {}
        Err(error) => return Err(error),
    }
    let Some(stored) = table.get::<Record>(&claim.key, Consistency::Strong).await? else {
        return Ok(Begun::InProgress);
    };
    if stored.fingerprint != record.fingerprint {
        return Ok(Begun::OtherRequest);
    }
    if let (Some(status), Some(answer)) = (stored.status, stored.answer) {
        return Ok(Begun::Replay { status, answer });
    }
    if stored.lease_until > now.as_second() {
        return Ok(Begun::InProgress);
    }
    let taken_over = Condition::equals("w", &stored.holder)?.and_absent("s");
    match table.put(&record, &taken_over).await {
        Ok(()) => Ok(Begun::Fresh(claim)),
        Err(error) if error.is_conflict() => Ok(Begun::InProgress),
        Err(error) => Err(error),
    }
}

impl Claim {
    /// Adds to a transaction that the request was answered so; the transaction fails with a
    /// conflict on `idempotency` where the key is no longer held.
    pub fn complete<'x>(
        &self,
        tx: Tx<'x>,
        status: u16,
        answer: &str,
    ) -> Result<Tx<'x>, StoreError> {
        let update = Update::new().set("s", status)?.set("a", answer)?;
        let held = Condition::equals("w", &self.holder)?.and_absent("s");
        Ok(tx.update("idempotency", &self.key, &update, &held))
    }

    /// Gives the key back after a refusal, so that a corrected state can be tried again.
    pub async fn release(&self, table: &Table) -> Result<(), StoreError> {
        let held = Condition::equals("w", &self.holder)?.and_absent("s");
        match table.delete("idempotency", &self.key, &held).await {
            Err(error) if !error.is_conflict() => Err(error),
            _ => Ok(()),
        }
    }
}

fn digest(scope: &str, key: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(scope.as_bytes());
    hash.update([0]);
    hash.update(key.as_bytes());
    hex::encode(&hash.finalize()[..16])
}
