//! `worker-accrual`: the shards of the daily jobs.

use platform::Deps;
use platform::jobs::{ShardError, ShardMessage, run_shard};
use platform::lambda::Message;

/// Does one shard of a run and marks it done.
pub async fn handle(deps: Deps, message: Message<ShardMessage>) -> Result<(), ShardError> {
    let message = message.body;
    let counts = run_shard(&deps, &message).await?;
    let ShardMessage { brand_id, job, date, shard } = message;
    tracing::info!(brand = %brand_id, %job, %date, shard, ?counts, "shard done");
    Ok(())
}
