//! The planners of the jobs: each records its run and has its shards sent to the workers, or, dry,
//! answers what the run would do.
//!
//! A run by hand does the shards itself, and answers the state that each found and left.

use platform::Deps;
use platform::jobs::state::{self, Proof};
use platform::jobs::{Job, JobInput, ShardError, ShardMessage, plan, resolve, run_shard};
use platform::store::Run;
use serde::Serialize;
use serde_json::Value;

pub mod audit_verify;
pub mod bootstrap;
pub mod idle_sessions;
pub mod rebuild;
mod repair;

/// The lines that a dry run answers; past them it only counts.
const DRY_RUN_LIMIT_LINES: usize = 10_000;

/// What an invocation of a job answers.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum Answer {
    /// The run is recorded and its shards are on their way.
    Planned { run: Run },
    /// The run was done by hand, here.
    Done { run: Run, shards: Vec<Proof> },
    /// Nothing was written: these are the lines that the run would write.
    Dry { count: usize, lines: Vec<Value> },
}

async fn handle(job: Job, deps: Deps, input: JobInput) -> Result<Answer, ShardError> {
    if !input.dry_run && input.is_by_hand() {
        return by_hand(&deps, job, &input).await;
    }
    if !input.dry_run {
        return Ok(Answer::Planned { run: plan(&deps, job, &input).await? });
    }
    let (brand, date) = resolve(&deps, &input).await?;
    let mut lines = Vec::new();
    for shard in 0..brand.shards {
        let message = ShardMessage { brand_id: brand.id, job, date, shard };
        match job {
            Job::OffersExpire => extend(
                &mut lines,
                platform::jobs::offers_expire::dry_run_shard(&deps, &brand, &message).await?,
            )?,
            Job::Overdue => extend(
                &mut lines,
                platform::jobs::overdue::dry_run_shard(&deps, &brand, &message).await?,
            )?,
            Job::Mora => extend(
                &mut lines,
                platform::jobs::mora::dry_run_shard(&deps, &brand, &message).await?,
            )?,
            Job::ChargeMessages => extend(
                &mut lines,
                platform::jobs::charge_messages::dry_run_shard(&deps, &brand, &message).await?,
            )?,
        }
    }
    let count = lines.len();
    lines.truncate(DRY_RUN_LIMIT_LINES);
    Ok(Answer::Dry { count, lines })
}

/// Does the shards one after the other. The workers get them too: should this invocation be cut
/// off, they finish it.
async fn by_hand(deps: &Deps, job: Job, input: &JobInput) -> Result<Answer, ShardError> {
    let (brand, date) = resolve(deps, input).await?;
    let before = state::of_brand(deps, &brand).await?;
    let planned = plan(deps, job, input).await?;
    for message in ShardMessage::of_run(&planned) {
        run_shard(deps, &message).await?;
    }
    let after = state::of_brand(deps, &brand).await?;
    let run = Run::load(&deps.table, brand.id, job, date).await?.unwrap_or(planned);
    let proof = |(shard, after): (u16, state::State)| {
        Proof::new(shard, before.get(&shard).copied().unwrap_or_default(), after)
    };
    Ok(Answer::Done { run, shards: after.into_iter().map(proof).collect() })
}

fn extend<L: Serialize>(lines: &mut Vec<Value>, more: Vec<L>) -> Result<(), serde_json::Error> {
    for line in more {
        lines.push(serde_json::to_value(line)?);
    }
    Ok(())
}

macro_rules! planners {
    ($($(#[$doc:meta])* $module:ident = $job:ident;)*) => {$(
        $(#[$doc])*
        pub mod $module {
            use super::{Answer, Deps, Job, JobInput, ShardError};

            pub async fn handle(deps: Deps, input: JobInput) -> Result<Answer, ShardError> {
                super::handle(Job::$job, deps, input).await
            }
        }
    )*};
}

planners! {
    /// `job-offers-expire`, 00:10 daily.
    offers_expire = OffersExpire;
    /// `job-overdue`, 05:00 daily.
    overdue = Overdue;
    /// `job-mora`, 05:01 daily.
    mora = Mora;
    /// `job-charge-messages`, 06:00 Monday to Friday.
    charge_messages = ChargeMessages;
}
