//! The night's record: what each invoice was charged, as lines of JSON in the bucket, and one audit
//! event per shard that names them.

use crate::Deps;
use crate::store::{Brand, Effect, Event};
use domain::ids::AuditId;
use serde::Serialize;
use sha2::{Digest, Sha256};
use ulid::Ulid;

use super::{ShardError, ShardMessage};

/// Keeps the lines of a shard and records the event, once per content: a run that was cut off and
/// finishes later keeps what it did later beside what it did before.
pub async fn keep<L: Serialize>(
    deps: &Deps,
    brand: &Brand,
    message: &ShardMessage,
    lines: &[L],
) -> Result<(), ShardError> {
    if lines.is_empty() {
        return Ok(());
    }
    let mut body = Vec::new();
    for line in lines {
        serde_json::to_writer(&mut body, line)?;
        body.push(b'\n');
    }
    let digest = Sha256::digest(&body);
    let ShardMessage { job, date, shard, .. } = message;
    let name = hex::encode(&digest[..8]);
    let key = format!("nights/{}/{date}/{job}/{shard:02}-{name}.ndjson", brand.id);
    deps.bucket.put(&key, "application/x-ndjson", body).await?;
    let id = AuditId::new(event_id(deps, brand, message, &name));
    let effect =
        Effect::new(format!("job:{job}"), "jobs:shard", format!("run:{date}:{job}:{shard}"))
            .after("invoices", lines.len())
            .after("lines", &key);
    match deps.table.create(&Event { brand: brand.id, id, at: deps.now(), effect }).await {
        Err(error) if !error.is_conflict() => Err(error.into()),
        _ => Ok(()),
    }
}

/// The same for the same shard, date and content, so that the event is recorded once.
fn event_id(deps: &Deps, brand: &Brand, message: &ShardMessage, content: &str) -> Ulid {
    let ShardMessage { job, date, shard, .. } = message;
    let mut hash = Sha256::new();
    hash.update(format!("{}#{date}#{job}#{shard}#{content}", brand.id));
    let mut random = [0; 16];
    random.copy_from_slice(&hash.finalize()[..16]);
    let midnight = crate::clock::midnight(*date, &brand.timezone).unwrap_or_else(|| deps.now());
    let millis = u64::try_from(midnight.as_millisecond()).unwrap_or(0);
    Ulid::from_parts(millis, u128::from_be_bytes(random))
}
