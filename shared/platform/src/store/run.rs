use std::collections::{BTreeMap, BTreeSet};

use domain::ids::BrandId;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Deserializer, Serialize};

use super::{Condition, Consistency, Entity, Key, StoreError, Table, Update};
use crate::jobs::Job;

/// One run of a job for a business date: who began it, which shards are done, what it counted.
/// Its set of done shards is the run's checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Run {
    pub brand: BrandId,
    pub job: Job,
    pub date: Date,
    /// The number of shards that the run consists of.
    pub shards: u16,
    pub started_at: Timestamp,
    /// When the scheduler meant to begin it; absent where a person began it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scheduled_at: Option<Timestamp>,
    /// `schedule`, `staff_…`, `cli`.
    pub started_by: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The shards that are done, as a set of numbers in text.
    #[serde(
        default,
        skip_serializing_if = "BTreeSet::is_empty",
        with = "serde_dynamo::string_set"
    )]
    pub done: BTreeSet<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<Timestamp>,
    /// What was counted over the shards, by name; stored one attribute each, `n_…`.
    #[serde(flatten, deserialize_with = "counts_of_item")]
    counts: BTreeMap<String, serde_json::Value>,
}

const PARTITION_SUFFIX: &str = "#RUN";
const COUNT_PREFIX: &str = "n_";

/// The counts among what else an item has: its keys among them.
fn counts_of_item<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<String, serde_json::Value>, D::Error> {
    let mut rest = BTreeMap::<String, serde_json::Value>::deserialize(deserializer)?;
    rest.retain(|name, _| name.starts_with(COUNT_PREFIX));
    Ok(rest)
}

impl Run {
    pub fn new(
        brand: BrandId,
        job: Job,
        date: Date,
        shards: u16,
        started_at: Timestamp,
        started_by: impl Into<String>,
        reason: Option<String>,
    ) -> Self {
        Self {
            brand,
            job,
            date,
            shards,
            started_at,
            scheduled_at: None,
            started_by: started_by.into(),
            reason,
            done: BTreeSet::new(),
            finished_at: None,
            counts: BTreeMap::new(),
        }
    }

    pub fn partition(brand: BrandId) -> String {
        format!("B#{}{PARTITION_SUFFIX}", brand.ulid())
    }

    /// Whether an item with this partition key is a run.
    pub fn is_in(partition: &str) -> bool {
        partition.ends_with(PARTITION_SUFFIX)
    }

    pub fn key_of(brand: BrandId, job: Job, date: Date) -> Key {
        Key::new(Self::partition(brand), format!("{date}#{job}"))
    }

    pub async fn load(
        table: &Table,
        brand: BrandId,
        job: Job,
        date: Date,
    ) -> Result<Option<Self>, StoreError> {
        table.get(&Self::key_of(brand, job, date), Consistency::Strong).await
    }

    pub fn is_done(&self, shard: u16) -> bool {
        self.done.contains(&shard.to_string())
    }

    /// What was counted over the shards, by name.
    pub fn counts(&self) -> BTreeMap<String, u64> {
        self.counts
            .iter()
            .filter_map(|(name, value)| {
                Some((name.strip_prefix(COUNT_PREFIX)?.to_owned(), value.as_u64()?))
            })
            .collect()
    }

    /// Marks a shard done with what it counted, once; the last one finishes the run. Answers the run
    /// where this finished it.
    pub async fn close_shard(
        &self,
        table: &Table,
        shard: u16,
        counts: &BTreeMap<&'static str, u64>,
        at: Timestamp,
    ) -> Result<Option<Self>, StoreError> {
        if self.is_done(shard) {
            return Ok(None);
        }
        let mut update = Update::new().add_to_set("done", &shard.to_string());
        for (name, count) in counts.iter().filter(|(_, count)| **count > 0) {
            update = update.add(format!("{COUNT_PREFIX}{name}"), count);
        }
        let open = Condition::present().and_set_lacks("done", &shard.to_string());
        let item = match table.update("run", &self.key(), &update, &open).await {
            Ok(item) => item,
            Err(error) if error.is_conflict() => return Ok(None),
            Err(error) => return Err(error),
        };
        let run = Self::from_item(item)?;
        if run.done.len() < usize::from(run.shards) {
            return Ok(None);
        }
        let finish = Update::new().set("finishedAt", at)?;
        let unfinished = Condition::present().and_absent("finishedAt");
        match table.update("run", &self.key(), &finish, &unfinished).await {
            Ok(_) => Ok(Some(Self { finished_at: Some(at), ..run })),
            Err(error) if error.is_conflict() => Ok(None),
            Err(error) => Err(error),
        }
    }
}

impl Entity for Run {
    const NAME: &'static str = "run";

    fn key(&self) -> Key {
        Self::key_of(self.brand, self.job, self.date)
    }

    fn is_told(&self) -> bool {
        true
    }
}
