//! The night's record: what was done to each invoice or loan, as lines of JSON in the bucket, and
//! one audit event per shard that names them.

use std::collections::BTreeMap;

use domain::ids::AuditId;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use ulid::Ulid;

use super::{Counts, ShardError, ShardMessage};
use crate::Deps;
use crate::aws::BucketError;
use crate::store::{Brand, Consistency, Effect, Event, Range, StoreError};

const CONTENT_TYPE: &str = "application/x-ndjson";
/// The events of one shard of one run: one, and one for each later run that found more to do.
const EVENTS_LIMIT: usize = 100;

/// Where the lines of a shard are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LinesKey(String);

impl LinesKey {
    /// The one place of a shard's lines: a run that was cut off finds there what it had begun.
    fn of_shard(message: &ShardMessage) -> Self {
        let ShardMessage { brand_id, job, date, shard } = message;
        Self(format!("nights/{brand_id}/{date}/{job}/{shard:02}.ndjson"))
    }

    /// A place of its own for these lines: no other content ever stands there.
    pub fn of_content<L: Serialize>(
        message: &ShardMessage,
        lines: &[L],
    ) -> Result<Self, ShardError> {
        let ShardMessage { brand_id, job, date, shard } = message;
        let content = hex::encode(&Sha256::digest(ndjson(lines)?)[..8]);
        Ok(Self(format!("nights/{brand_id}/{date}/{job}/{shard:02}-{content}.ndjson")))
    }
}

fn ndjson<L: Serialize>(lines: &[L]) -> Result<Vec<u8>, ShardError> {
    let mut body = Vec::new();
    for line in lines {
        serde_json::to_writer(&mut body, line)?;
        body.push(b'\n');
    }
    Ok(body)
}

pub(super) async fn put<L: Serialize>(
    deps: &Deps,
    key: &LinesKey,
    lines: &[L],
) -> Result<(), ShardError> {
    Ok(deps.bucket.put(&key.0, CONTENT_TYPE, ndjson(lines)?).await?)
}

/// The lines kept at a place; none where nothing was kept.
async fn get<L: DeserializeOwned>(deps: &Deps, key: &LinesKey) -> Result<Vec<L>, ShardError> {
    let body = match deps.bucket.get(&key.0).await {
        Ok(body) => body,
        Err(BucketError::NotFound) => return Ok(Vec::new()),
        Err(error) => return Err(error.into()),
    };
    let lines = body.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    Ok(lines.map(serde_json::from_slice).collect::<Result<_, _>>()?)
}

/// The event of a shard whose lines are at `key`. The same place gives the same event, so that it
/// is recorded once.
pub(super) fn event(
    deps: &Deps,
    brand: &Brand,
    message: &ShardMessage,
    key: &LinesKey,
    counts: &Counts,
) -> Event {
    let action = "jobs:shard";
    let effect = Effect::new(format!("job:{}", message.job), action, entity(message));
    let effect = counts.iter().fold(effect, |effect, (name, count)| effect.after(name, count));
    let id = AuditId::new(event_id(deps, brand, message, key));
    Event { brand: brand.id, id, at: deps.now(), effect: effect.after("lines", &key.0) }
}

/// Records the event of a shard, where it is not recorded yet.
async fn record(deps: &Deps, event: &Event) -> Result<(), StoreError> {
    match deps.table.create(event).await {
        Err(error) if !error.is_conflict() => Err(error),
        _ => Ok(()),
    }
}

/// What the events of a shard's runs counted; `None` where none was recorded.
pub(super) async fn recorded(
    deps: &Deps,
    message: &ShardMessage,
    names: &[&'static str],
) -> Result<Option<Counts>, StoreError> {
    let range = Range::partition(Event::partition(message.brand_id, &entity(message)))
        .prefix(Event::SORT_PREFIX)
        .consistency(Consistency::Strong);
    let events: Vec<Event> = deps.table.query_all(&range, EVENTS_LIMIT).await?;
    if events.is_empty() {
        return Ok(None);
    }
    let counted = |event: &Event, name: &str| -> u64 {
        event.effect.after.get(name).and_then(|count| count.parse().ok()).unwrap_or(0)
    };
    let sum = |name: &'static str| (name, events.iter().map(|event| counted(event, name)).sum());
    Ok(Some(names.iter().map(|name| sum(name)).collect()))
}

/// One thing that a run does to a loan, an invoice or a borrower.
pub(super) trait Line: Clone + PartialEq + Serialize + DeserializeOwned {
    /// What it is done to: one shard of a run does one thing to each.
    type Id: Ord + Clone;
    /// What is counted of the lines, by name.
    const COUNTS: &'static [&'static str];

    fn id(&self) -> Self::Id;

    /// The counts of [`Self::COUNTS`].
    fn counts(lines: &[Self]) -> Counts;
}

/// Whether a shard has something to do.
pub(super) enum Opened<L: Line> {
    /// Nothing: what its runs have counted so far.
    Done(Counts),
    Book(Book<L>),
}

/// The lines of a shard whose effects are under way: they are kept before the first effect, and
/// their event is recorded after the last, so that a run cut off at any point is finished by the
/// next one with one complete record of both.
pub(super) struct Book<L: Line> {
    key: LinesKey,
    begun: BTreeMap<L::Id, L>,
    intended: BTreeMap<L::Id, L>,
}

fn by_id<L: Line>(lines: impl IntoIterator<Item = L>) -> BTreeMap<L::Id, L> {
    lines.into_iter().map(|line| (line.id(), line)).collect()
}

fn values<L: Line>(lines: &BTreeMap<L::Id, L>) -> Vec<L> {
    lines.values().cloned().collect()
}

/// Keeps what a run is about to do, with what a run that was cut off had begun.
pub(super) async fn open<L: Line>(
    deps: &Deps,
    message: &ShardMessage,
    intended: Vec<L>,
) -> Result<Opened<L>, ShardError> {
    let (key, begun) = match recorded(deps, message, L::COUNTS).await? {
        // A later run that finds more to do has a place of its own.
        Some(_) if !intended.is_empty() => {
            (LinesKey::of_content(message, &intended)?, BTreeMap::new())
        }
        Some(counts) => return Ok(Opened::Done(counts)),
        None => {
            let key = LinesKey::of_shard(message);
            let begun = by_id(get(deps, &key).await?);
            (key, begun)
        }
    };
    let mut all = begun.clone();
    all.extend(by_id(intended));
    if all.is_empty() {
        return Ok(Opened::Done(Counts::new()));
    }
    if all != begun {
        put(deps, &key, &values(&all)).await?;
    }
    Ok(Opened::Book(Book { key, begun, intended: all }))
}

impl<L: Line> Book<L> {
    /// Keeps what was done, by this run and by the one that it went on from, and records it.
    pub(super) async fn close(
        self,
        deps: &Deps,
        brand: &Brand,
        message: &ShardMessage,
        lines: impl IntoIterator<Item = L>,
    ) -> Result<Counts, ShardError> {
        let Self { key, begun: mut done, intended } = self;
        done.extend(by_id(lines));
        let lines = values(&done);
        if done != intended {
            put(deps, &key, &lines).await?;
        }
        let counts = L::counts(&lines);
        if !lines.is_empty() {
            record(deps, &event(deps, brand, message, &key, &counts)).await?;
        }
        Ok(counts)
    }
}

fn entity(message: &ShardMessage) -> String {
    let ShardMessage { job, date, shard, .. } = message;
    format!("run:{date}:{job}:{shard}")
}

fn event_id(deps: &Deps, brand: &Brand, message: &ShardMessage, key: &LinesKey) -> Ulid {
    let mut random = [0; 16];
    random.copy_from_slice(&Sha256::digest(&key.0)[..16]);
    let midnight = crate::clock::midnight(message.date, &brand.timezone);
    let start = midnight.unwrap_or_else(|| deps.now());
    let millis = u64::try_from(start.as_millisecond()).unwrap_or(0);
    Ulid::from_parts(millis, u128::from_be_bytes(random))
}
