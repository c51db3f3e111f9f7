//! What becomes of a message that a provider did not take.

use std::time::Duration;

use connectors::http::CallError;
use domain::dunning::Status;
use jiff::SignedDuration;
use platform::Deps;
use platform::aws::Queue;
use platform::store::{Communication, Reason, Retry, StoreError};
use serde::Serialize;

use super::{DispatchError, Metric, Next, guard};

/// The first try and three more.
const SEND_LIMIT_TRIES: u32 = 4;
const BACKOFF_FIRST_MILLIS: i64 = 30_000;

/// Puts the message back to be tried again, or ends it. One that is given up after all its tries is
/// put with the dead letters first.
pub async fn keep(
    deps: &Deps,
    mut communication: Communication,
    error: &CallError,
    dead: Queue,
    letter: &impl Serialize,
) -> Result<Next, DispatchError> {
    let reason = Reason::from(error.reason());
    tracing::warn!(id = %communication.id, code = reason.code, "a message was not sent");
    let now = deps.now();
    // What may have left still counts among the borrower's messages.
    let has_not_left = !matches!(error, CallError::Unknown { .. });
    if let CallError::Retryable { after, .. } = error
        && communication.attempts < SEND_LIMIT_TRIES
    {
        let wait = backoff(deps, communication.attempts)
            .max(after.and_then(|after| SignedDuration::try_from(after).ok()).unwrap_or_default());
        communication.put_back(reason, now + wait).map_err(StoreError::from)?;
        save(deps, communication, has_not_left).await?;
        return Ok(Next::Wait(wait));
    }
    if matches!(error, CallError::Retryable { .. }) {
        // Where the record cannot be written, the message is not lost.
        deps.queues.send(dead, letter, Duration::ZERO).await?;
    }
    let brand = communication.brand;
    communication.end(Status::Failed, reason, now).map_err(StoreError::from)?;
    save(deps, communication, has_not_left).await?;
    Metric::Failed.count(deps, brand);
    Ok(Next::Done)
}

/// Stores what came of a claim, which nobody else may change.
async fn save(
    deps: &Deps,
    communication: Communication,
    has_not_left: bool,
) -> Result<(), StoreError> {
    let mut retry = Retry::default();
    loop {
        let mut next = communication.clone();
        let mut tx = deps.table.tx();
        if has_not_left {
            tx = guard::take_back(deps, tx, &mut next).await?;
        }
        match tx.replace("communication", &mut next).commit().await {
            Err(error) if error.is_conflict_on("communication") => return Err(error),
            // Another message to the same person was counted meanwhile.
            Err(error) if error.is_conflict() => retry.pause(StoreError::Contention).await?,
            Err(error) => retry.pause(error).await?,
            Ok(()) => return Ok(()),
        }
    }
}

/// 30 s, 60 s, 120 s, each up to half as long again.
fn backoff(deps: &Deps, attempts: u32) -> SignedDuration {
    let doubled = BACKOFF_FIRST_MILLIS << attempts.saturating_sub(1).min(8);
    let jitter = deps.random(0..=u64::try_from(doubled / 2).unwrap_or(0));
    SignedDuration::from_millis(doubled + i64::try_from(jitter).unwrap_or(0))
}
