use std::sync::Arc;

use domain::ids::BrandId;
use jiff::Timestamp;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{Condition, Consistency, Entity, Indexes, Key, StoreError, Table, Tx, Update};
use crate::pii::{DerivedKey, Sealed};

/// How long an answer is kept for replays.
const KEPT_SECONDS: i64 = 7 * 24 * 3600;
/// How long a request may be under way before another may take its key over.
const LEASE_SECONDS: i64 = 60;
const PURPOSE: &str = "parcela: idempotency, 1";

/// What a key was first used for, and the answer to it. Both may have personal data: the first is
/// kept as a keyed hash, the second sealed under a key that follows from the client's own, which is
/// not stored.
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
    answer: Option<Sealed>,
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
    seal: Arc<DerivedKey>,
}

/// Takes a key for a request, or finds what was answered before.
///
/// `scope` is who uses the key (brand and actor): the same key of another is another key. `holder`
/// is unique to this try; `fingerprint` tells requests apart; `now` is wall time; `secret` is the
/// deployment's.
#[expect(clippy::too_many_arguments, reason = "all of them say which request this is, and when")]
pub async fn begin(
    table: &Table,
    secret: &SecretString,
    brand: BrandId,
    scope: &str,
    key: &str,
    fingerprint: &[u8],
    holder: &str,
    now: Timestamp,
) -> Result<Begun, StoreError> {
    let partition = format!("B#{}#K#{}", brand.ulid(), digest(scope, key));
    let seal = Arc::new(DerivedKey::new(secret, PURPOSE, &[&brand.to_string(), scope, key])?);
    let record = Record {
        partition,
        fingerprint: hex::encode(seal.mark(fingerprint)?),
        holder: holder.to_owned(),
        lease_until: now.as_second() + LEASE_SECONDS,
        status: None,
        answer: None,
        expires_at: now.as_second() + KEPT_SECONDS,
    };
    let claim = Claim { key: record.key(), holder: holder.to_owned(), seal };
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
        let answer = String::from_utf8(claim.seal.open(&answer)?);
        let answer =
            answer.map_err(|_| StoreError::Corrupt("an answer that is no text".to_owned()))?;
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
        let answer = self.seal.seal(answer.as_bytes())?;
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
