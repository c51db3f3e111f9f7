//! Handing a message to the gateway: its turn, the claim, the call, and what came of it.

use connectors::http::CallError;
use connectors::whatsapp::Sent;
use domain::identity::Phone;
use platform::Deps;
use platform::aws::Queue;
use platform::store::{Communication, Delivery, Reason, Retry, Slot, StoreError, WhatsappInstance};
use platform::whatsapp::instance;

use super::pace;
use crate::dispatch::admit::Letter;
use crate::dispatch::guard::{self, Pass};
use crate::dispatch::{DispatchError, LEASE, Metric, Next, failure, suppress};

/// Waits for the message's turn, or sends it.
pub async fn take_turn(
    deps: &Deps,
    mut communication: Communication,
    letter: Letter<Phone>,
) -> Result<Next, DispatchError> {
    let brand = &letter.brand;
    if !pace::has_turn(brand, &communication, deps.now()) {
        // A message that is never to leave takes nobody's turn.
        if let Pass::Never(reason) = guard::ask(deps, brand, &mut communication.clone()).await? {
            return suppress(deps, communication, reason).await;
        }
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
    let mut counted = match guard::ask(deps, brand, &mut communication).await? {
        Pass::Leave(counted) => counted,
        Pass::Wait(opening) => return Ok(Next::Wait(opening.duration_since(now))),
        Pass::Never(reason) => return suppress(deps, communication, reason).await,
    };
    communication
        .claim(Some(&instance.name), now, deps.clock.wall() + LEASE)
        .map_err(StoreError::from)?;
    communication.body = letter.said.body.clone();
    let tx = counted.write(instance.leave(deps.table.tx(), now)?);
    tx.replace("communication", &mut communication).commit().await?;
    match hand_over(deps, &communication, &letter).await {
        Ok(sent) => keep_sent(deps, communication, &sent).await,
        Err(error) => {
            let dispatch = communication.dispatch();
            failure::keep(deps, communication, &error, Queue::WhatsappDead, &dispatch).await
        }
    }
}

async fn hand_over(
    deps: &Deps,
    communication: &Communication,
    letter: &Letter<Phone>,
) -> Result<Sent, CallError> {
    let instance = instance(&deps.config, &letter.brand.dunning.instance)?;
    let text = letter.said.body.to_person(letter.name.first());
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
        let (table, now) = (&deps.table, deps.now());
        let written =
            match Delivery::write(table, tx, &mut communication, &instance, provider_id, now).await
            {
                Ok(tx) => tx.commit().await,
                Err(error) => Err(error),
            };
        match written {
            Ok(()) => {
                tracing::info!(id = %communication.id, "a message is sent");
                Metric::Sent.count(deps, communication.brand);
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
