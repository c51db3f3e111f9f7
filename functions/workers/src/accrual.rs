//! `worker-accrual`: the shards of the daily jobs.
//!
//! Each shard can be done again at any time: what is already done is found so in the data and
//! writes nothing.

use platform::Deps;
use platform::jobs::{
    Counts, Job, ShardError, ShardMessage, close_shard, mora, overdue, resolve_shard,
};
use platform::lambda::Message;

use crate::charge_messages;

/// Does one shard of a run and marks it done.
pub async fn handle(deps: Deps, message: Message<ShardMessage>) -> Result<(), ShardError> {
    let message = message.body;
    let brand = resolve_shard(&deps, &message).await?;
    let counts: Counts = match message.job {
        Job::Overdue => overdue::run_shard(&deps, &brand, &message).await?,
        Job::Mora => mora::run_shard(&deps, &brand, &message).await?,
        Job::ChargeMessages => charge_messages::run_shard(&deps, &message).await?,
    };
    close_shard(&deps, &message, &counts).await?;
    Ok(())
}
