//! The state of a brand's shards in one number each, to show what a replay changed.

use std::collections::BTreeMap;

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::ShardError;
use crate::Deps;
use crate::store::{Brand, Consistency, Entity, LoanRecord, Range, Shard};

const PAGE_LIMIT_LOANS: usize = 100;

/// A shard's loans and figures, folded.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct State {
    pub loans: u64,
    hash: u128,
}

impl State {
    /// 32 hexadecimal digits: equal where no record of the shard differs.
    pub fn hash(&self) -> String {
        format!("{:032x}", self.hash)
    }

    /// The sum is the same in any order.
    fn add(&mut self, record: &[u8]) {
        let mut digest = [0; 16];
        digest.copy_from_slice(&Sha256::digest(record)[..16]);
        self.hash = self.hash.wrapping_add(u128::from_be_bytes(digest));
    }
}

/// What a shard's run found and left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Proof {
    pub shard: u16,
    pub loans: u64,
    pub state_before: String,
    pub state_after: String,
    /// Equal states: nothing was missing, and nothing was written.
    pub unchanged: bool,
}

impl Proof {
    pub fn new(shard: u16, before: State, after: State) -> Self {
        Self {
            shard,
            loans: after.loans,
            state_before: before.hash(),
            state_after: after.hash(),
            unchanged: before == after,
        }
    }
}

/// The state of every shard: each loan's stored bytes and version, and the shard's own figures.
pub async fn of_brand(deps: &Deps, brand: &Brand) -> Result<BTreeMap<u16, State>, ShardError> {
    let mut states: BTreeMap<u16, State> =
        (0..brand.shards).map(|shard| (shard, State::default())).collect();
    for shard in Shard::all(&deps.table, brand.id, Consistency::Strong).await? {
        let figures = format!("{}#{}#{:?}", shard.version, shard.as_of, shard.position);
        states.entry(shard.shard).or_default().add(figures.as_bytes());
    }
    let range = Range::list(LoanRecord::list_partition(brand.id));
    let mut after = None;
    loop {
        let slice = deps.table.query_keys(&range, PAGE_LIMIT_LOANS, after).await?;
        for record in deps.table.batch_get::<LoanRecord>(&slice.items, Consistency::Strong).await? {
            let state = states.entry(record.shard).or_default();
            state.loans += 1;
            let key = record.key();
            let stored = serde_json::to_vec(&record)?;
            state.add(&[key.pk.as_bytes(), stored.as_slice()].concat());
        }
        after = slice.next;
        if after.is_none() {
            return Ok(states);
        }
    }
}
