//! `worker-whatsapp`: sends the queued messages, one after another at each instance.
//!
//! The record decides, not the queue: a message that comes twice, late or out of order finds in its
//! record what is left to do. Handing a message to the provider is preceded by a claim with a
//! lease; a claim whose end is not known is never repeated.

mod admit;
mod pace;
mod send;

use std::time::Duration;

use domain::dunning::Status;
use jiff::{SignedDuration, Timestamp};
use platform::Deps;
use platform::aws::{DELAY_LIMIT_SECONDS, Queue, QueueError};
use platform::lambda::Message;
use platform::store::{Communication, Consistency, Dispatch, Reason, StoreError};
use platform::telemetry;

use admit::{Admission, admit};

/// How often a message is read again because its record or its instance changed in between.
const STEP_LIMIT_TRIES: u32 = 8;

#[derive(Debug, thiserror::Error)]
pub enum DispatchError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Queue(#[from] QueueError),
    #[error("the record changed too often")]
    Busy,
}

/// What is left of the queue's message after a step.
enum Next {
    Done,
    /// Look again after this time.
    Wait(SignedDuration),
}

/// Does the next step of a message; where it must wait, sends itself the queue's message again.
pub async fn handle(deps: Deps, message: Message<Dispatch>) -> Result<(), DispatchError> {
    let dispatch = message.body;
    let key = Communication::key_of(dispatch.brand_id, dispatch.communication_id);
    for _ in 0..STEP_LIMIT_TRIES {
        let Some(communication) = deps.table.get(&key, Consistency::Strong).await? else {
            tracing::warn!(id = %dispatch.communication_id, "there is no such message");
            return Ok(());
        };
        match step(&deps, communication).await {
            Ok(Next::Done) => return Ok(()),
            Ok(Next::Wait(time)) => return Ok(again(&deps, &dispatch, time).await?),
            Err(DispatchError::Store(error)) if error.is_conflict() => {}
            Err(error) => return Err(error),
        }
    }
    Err(DispatchError::Busy)
}

async fn step(deps: &Deps, communication: Communication) -> Result<Next, DispatchError> {
    match communication.status {
        Status::Queued => {}
        Status::Sending => return interrupted(deps, communication).await,
        Status::Sent | Status::Delivered | Status::Read | Status::Failed | Status::Suppressed => {
            return Ok(Next::Done);
        }
    }
    let now = deps.now();
    let wait = communication.not_before.into_iter().chain(communication.slot).max();
    if let Some(wait) = wait.filter(|moment| pace::is_ahead(*moment, now)) {
        return Ok(Next::Wait(wait.duration_since(now)));
    }
    match admit(deps, &communication).await? {
        Admission::Suppress(reason) => suppress(deps, communication, reason).await,
        Admission::Send(letter) => send::take_turn(deps, communication, letter).await,
    }
}

async fn suppress(
    deps: &Deps,
    mut communication: Communication,
    reason: Reason,
) -> Result<Next, DispatchError> {
    tracing::info!(id = %communication.id, code = reason.code, "a message is suppressed");
    communication.end(Status::Suppressed, reason, deps.now()).map_err(StoreError::from)?;
    deps.table.replace(&mut communication).await?;
    telemetry::count(communication.brand, "MessagesSuppressed", 1);
    Ok(Next::Done)
}

/// A message that somebody is sending, or was when they were cut off.
async fn interrupted(deps: &Deps, mut communication: Communication) -> Result<Next, DispatchError> {
    let wall = deps.clock.wall();
    let lease = communication.lease_until.unwrap_or(Timestamp::MIN);
    if lease > wall {
        return Ok(Next::Wait(lease.duration_since(wall)));
    }
    let message = "interrupted while sending; it may have been delivered; not sent again";
    let reason = Reason::new("INTERRUPTED", message);
    tracing::error!(id = %communication.id, "a message was cut off while it was sent");
    communication.end(Status::Failed, reason, deps.now()).map_err(StoreError::from)?;
    deps.table.replace(&mut communication).await?;
    telemetry::count(communication.brand, "MessagesFailed", 1);
    Ok(Next::Done)
}

/// Sends the queue's message again, visible after `time` or as late as the queue allows.
async fn again(deps: &Deps, dispatch: &Dispatch, time: SignedDuration) -> Result<(), QueueError> {
    let seconds = u64::try_from(time.as_millis()).unwrap_or(0).div_ceil(1_000);
    let delay = Duration::from_secs(seconds.min(u64::from(DELAY_LIMIT_SECONDS)));
    deps.queues.send(Queue::Whatsapp, dispatch, delay).await
}
