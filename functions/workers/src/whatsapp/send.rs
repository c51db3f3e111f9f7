//! Handing a message to the provider: its turn, the claim, the call, and what came of it.

use connectors::http::CallError;
use connectors::whatsapp::Sent;
use domain::dunning::Status;
use jiff::SignedDuration;
use platform::Deps;
use platform::aws::Queue;
use platform::store::{Communication, Delivery, Reason, Retry, Slot, StoreError, WhatsappInstance};
use platform::telemetry;
use platform::whatsapp::instance;

use super::admit::Letter;
use super::{DispatchError, Next, pace, suppress};

/// The first try and three more.
const SEND_LIMIT_TRIES: u32 = 4;
const BACKOFF_FIRST_MILLIS: i64 = 30_000;
/// Longer than the provider's client waits, so that a lease that has run out means that nobody is
/// sending any more.
const LEASE: SignedDuration = SignedDuration::from_secs(60);

/// Waits for the message's turn, or sends it.
pub async fn take_turn(
    deps: &Deps,
    mut communication: Communication,
    letter: Letter,
) -> Result<Next, DispatchError> {
    let brand = &letter.brand;
    if !pace::has_turn(brand, &communication, deps.now()) {
        match pace::reserve(deps, brand, &communication).await? {
            Slot::At(slot) => communication.slot = Some(slot),
            Slot::TooLate => {
                let reason = Reason::new("OUTDATED", "its turn would come on another day");
                return suppress(deps, communication, reason).await;
            }
        }
        deps.table.replace(&mut communication).await?;
        let now = deps.now();
        if let Some(slot) = communication.slot.filter(|slot| *slot > now) {
            return Ok(Next::Wait(slot.duration_since(now)));
        }
    }
    let instance = WhatsappInstance::load(&deps.table, &brand.dunning.instance).await?;
    let now = deps.now();
    if let Some(rest) = instance.rest(now, pace::shortest_pause(brand)) {
        return Ok(Next::Wait(rest));
    }
    communication
        .claim(&instance.name, now, deps.clock.wall() + LEASE)
        .map_err(StoreError::from)?;
    communication.body = letter.body.clone();
    let tx = instance.leave(deps.table.tx(), now)?;
    tx.replace("communication", &mut communication).commit().await?;
    match hand_over(deps, &communication, &letter).await {
        Ok(sent) => keep_sent(deps, communication, &sent).await,
        Err(error) => keep_failure(deps, communication, &error).await,
    }
}

async fn hand_over(
    deps: &Deps,
    communication: &Communication,
    letter: &Letter,
) -> Result<Sent, CallError> {
    let instance = instance(&deps.config, &letter.brand.dunning.instance)?;
    let text = letter.body.to_person(letter.name.first());
    deps.whatsapp.send_text(&instance, &letter.to, &text, &communication.id.to_string()).await
}

/// Records that the message is out. The message itself is past recall, so this does not give up
/// before the store does.
async fn keep_sent(
    deps: &Deps,
    communication: Communication,
    sent: &Sent,
) -> Result<Next, DispatchError> {
    let mut retry = Retry::default();
    let provider_id = sent.provider_message_id.as_str();
    loop {
        let mut communication = communication.clone();
        let instance = communication.instance.clone().unwrap_or_default();
        let tx = deps.table.tx();
        let (table, at, now) = (&deps.table, deps.now(), deps.clock.wall());
        let sent = &mut communication;
        let written = match Delivery::write(table, tx, sent, &instance, provider_id, at, now).await
        {
            Ok(tx) => tx.commit().await,
            Err(error) => Err(error),
        };
        match written {
            Ok(()) => {
                tracing::info!(id = %communication.id, "a message is sent");
                telemetry::count(communication.brand, "MessagesSent", 1);
                return Ok(Next::Done);
            }
            // Somebody held the lease for expired: the record says so, and the message is out.
            Err(error) if error.is_conflict_on("communication") => {
                tracing::error!(id = %communication.id, "sent after its claim was given up");
                return Ok(Next::Done);
            }
            Err(error) if error.is_conflict_on("delivery") => {
                retry.pause(StoreError::Contention).await?;
            }
            Err(error) => retry.pause(error).await?,
        }
    }
}

async fn keep_failure(
    deps: &Deps,
    mut communication: Communication,
    error: &CallError,
) -> Result<Next, DispatchError> {
    let reason = Reason::from(error.reason());
    tracing::warn!(id = %communication.id, code = reason.code, "a message was not sent");
    let now = deps.now();
    if let CallError::Retryable { after, .. } = error
        && communication.attempts < SEND_LIMIT_TRIES
    {
        let wait = backoff(deps, communication.attempts)
            .max(after.and_then(|after| SignedDuration::try_from(after).ok()).unwrap_or_default());
        communication.put_back(reason, now + wait).map_err(StoreError::from)?;
        save(deps, communication).await?;
        return Ok(Next::Wait(wait));
    }
    if matches!(error, CallError::Retryable { .. }) {
        // First the dead letter: where the record cannot be written, the message is not lost.
        let letter = communication.dispatch();
        deps.queues.send(Queue::WhatsappDead, &letter, std::time::Duration::ZERO).await?;
        telemetry::count(communication.brand, "DeadLetters", 1);
    }
    let brand = communication.brand;
    communication.end(Status::Failed, reason, now).map_err(StoreError::from)?;
    save(deps, communication).await?;
    telemetry::count(brand, "MessagesFailed", 1);
    Ok(Next::Done)
}

/// Stores what came of a claim, which nobody else may change.
async fn save(deps: &Deps, communication: Communication) -> Result<(), StoreError> {
    let mut retry = Retry::default();
    loop {
        let mut next = communication.clone();
        match deps.table.replace(&mut next).await {
            Err(error) if !error.is_conflict() => retry.pause(error).await?,
            result => return result,
        }
    }
}

/// 30 s, 60 s, 120 s, each up to half as long again.
fn backoff(deps: &Deps, attempts: u32) -> SignedDuration {
    let doubled = BACKOFF_FIRST_MILLIS << attempts.saturating_sub(1).min(8);
    let jitter = deps.random(0..=u64::try_from(doubled / 2).unwrap_or(0));
    SignedDuration::from_millis(doubled + i64::try_from(jitter).unwrap_or(0))
}
