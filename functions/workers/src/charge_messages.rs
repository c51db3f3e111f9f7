//! The charge messages of a shard.

use platform::Deps;
use platform::jobs::{Counts, ShardError, ShardMessage};

/// Writes a message for each loan with something due or overdue.
pub async fn run_shard(_deps: &Deps, _message: &ShardMessage) -> Result<Counts, ShardError> {
    Ok(Counts::new())
}
