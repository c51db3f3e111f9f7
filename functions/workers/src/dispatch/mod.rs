//! What all ways of sending a message have in common.
//!
//! The record decides, not the queue: a message that comes twice, late or out of order finds in its
//! record what is left to do. Handing a message to the provider is preceded by a claim with a
//! lease; a claim whose end is not known is never repeated.

pub mod admit;
pub mod failure;
pub mod guard;

use std::future::Future;
use std::time::Duration;

use domain::dunning::Status;
use domain::ids::BrandId;
use jiff::{SignedDuration, Timestamp};
use platform::Deps;
use platform::aws::{DELAY_LIMIT_SECONDS, QueueError};
use platform::store::{Communication, Consistency, Dispatch, Reason, StoreError};
use platform::telemetry::{self, Dimensions, Unit};

/// How often a message is read again because its record or its instance changed in between.
const STEP_LIMIT_TRIES: u32 = 8;
/// Longer than the providers' clients wait, so that a lease that has run out means that nobody is
/// sending any more.
pub const LEASE: SignedDuration = SignedDuration::from_secs(60);
/// A moment further away than this was set by a clock that has been set back since.
const AHEAD_LIMIT: SignedDuration = SignedDuration::from_hours(7 * 24);

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
#[derive(Debug)]
pub enum Next {
    Done,
    /// Look again after this time.
    Wait(SignedDuration),
}

/// What is counted of messages to borrowers, by brand.
#[derive(Debug, Clone, Copy)]
pub enum Metric {
    Sent,
    Failed,
    Suppressed,
}

impl Metric {
    const fn name(self) -> &'static str {
        match self {
            Self::Sent => "MessagesSent",
            Self::Failed => "MessagesFailed",
            Self::Suppressed => "MessagesSuppressed",
        }
    }

    /// Counts one message.
    pub fn count(self, deps: &Deps, brand: BrandId) {
        let (function, brand) = (telemetry::function().unwrap_or("local"), brand.to_string());
        let dimensions = Dimensions { function, brand: &brand };
        telemetry::metric(dimensions, deps.clock.wall(), self.name(), 1, Unit::Count);
    }
}

/// A way by which messages reach borrowers.
pub trait Way: Sync {
    /// Does what a message that is queued and whose time has come still needs.
    fn send(
        &self,
        deps: &Deps,
        communication: Communication,
    ) -> impl Future<Output = Result<Next, DispatchError>> + Send;
}

/// Does the next step of a message; answers how long to wait for the one after.
pub async fn advance(
    deps: &Deps,
    dispatch: Dispatch,
    way: &impl Way,
) -> Result<Next, DispatchError> {
    let key = Communication::key_of(dispatch.brand_id, dispatch.communication_id);
    for _ in 0..STEP_LIMIT_TRIES {
        let Some(communication) = deps.table.get(&key, Consistency::Strong).await? else {
            tracing::warn!(id = %dispatch.communication_id, "there is no such message");
            return Ok(Next::Done);
        };
        match step(deps, communication, way).await {
            Err(DispatchError::Store(error)) if error.is_conflict() => {}
            result => return result,
        }
    }
    Err(DispatchError::Busy)
}

async fn step(
    deps: &Deps,
    communication: Communication,
    way: &impl Way,
) -> Result<Next, DispatchError> {
    match communication.status {
        Status::Queued => {}
        Status::Sending => return interrupted(deps, communication).await,
        Status::Sent | Status::Delivered | Status::Read | Status::Failed | Status::Suppressed => {
            return Ok(Next::Done);
        }
    }
    let now = deps.now();
    let wait = communication.not_before.into_iter().chain(communication.slot).max();
    if let Some(wait) = wait.filter(|moment| is_ahead(*moment, now)) {
        return Ok(Next::Wait(wait.duration_since(now)));
    }
    way.send(deps, communication).await
}

/// Whether to wait for a moment.
fn is_ahead(moment: Timestamp, now: Timestamp) -> bool {
    moment > now && moment.duration_since(now) <= AHEAD_LIMIT
}

/// Ends a message that should not be sent.
pub async fn suppress(
    deps: &Deps,
    mut communication: Communication,
    reason: Reason,
) -> Result<Next, DispatchError> {
    tracing::info!(id = %communication.id, code = reason.code, "a message is suppressed");
    communication.end(Status::Suppressed, reason, deps.now()).map_err(StoreError::from)?;
    deps.table.replace(&mut communication).await?;
    Metric::Suppressed.count(deps, communication.brand);
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
    Metric::Failed.count(deps, communication.brand);
    Ok(Next::Done)
}

/// How long the queue is to hold a message back: as long as it is to wait, or as the queue allows.
pub fn delay(wait: SignedDuration) -> Duration {
    let seconds = u64::try_from(wait.as_millis()).unwrap_or(0).div_ceil(1_000);
    Duration::from_secs(seconds.min(u64::from(DELAY_LIMIT_SECONDS)))
}
