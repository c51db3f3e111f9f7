//! Handing a message to its provider: the claim, the call, and what came of it.

use connectors::http::CallError;
use domain::dunning::{Body, Channel, Status};
use domain::identity::{Email, Phone};
use jiff::{SignedDuration, Timestamp};
use platform::Deps;
use platform::aws::Queue;
use platform::notify::Notice;
use platform::store::{Brand, Communication, Reason, Retry, StoreError};

use super::{email, sms};
use crate::dispatch::admit::{Admission, Letter, admit, reason};
use crate::dispatch::guard::{self, Pass};
use crate::dispatch::{DispatchError, LEASE, Metric, Next, Way, failure, suppress};

/// The providers of text messages and of e-mail.
pub struct Providers;

impl Way for Providers {
    async fn send(&self, deps: &Deps, communication: Communication) -> Result<Next, DispatchError> {
        match communication.channel {
            Channel::Sms => match admit(deps, &communication, sms::phone).await? {
                Admission::Suppress(reason) => suppress(deps, communication, reason).await,
                Admission::Send(letter) if letter.said.registered.is_none() => {
                    let message =
                        "the provider has no text of this message: its template names none";
                    suppress(deps, communication, reason("NO_SMS_TEMPLATE", message)).await
                }
                Admission::Send(letter) => leave(deps, communication, &Post::Sms(letter)).await,
            },
            Channel::Email => match admit(deps, &communication, email::address).await? {
                Admission::Suppress(reason) => suppress(deps, communication, reason).await,
                Admission::Send(letter) => leave(deps, communication, &Post::Email(letter)).await,
            },
            Channel::Whatsapp => {
                let message = "a WhatsApp message came into the queue of the others";
                suppress(deps, communication, reason("WRONG_QUEUE", message)).await
            }
        }
    }
}

/// A message as it will leave, and by which provider.
enum Post {
    Sms(Letter<Phone>),
    Email(Letter<Email>),
}

impl Post {
    fn brand(&self) -> &Brand {
        match self {
            Self::Sms(letter) => &letter.brand,
            Self::Email(letter) => &letter.brand,
        }
    }

    const fn body(&self) -> &Body {
        match self {
            Self::Sms(letter) => &letter.said.body,
            Self::Email(letter) => &letter.said.body,
        }
    }

    /// Calls the provider, which answers with its own id of the message.
    async fn hand_over(
        &self,
        deps: &Deps,
        communication: &Communication,
    ) -> Result<String, CallError> {
        match self {
            Self::Sms(letter) => sms::send(deps, letter).await,
            Self::Email(letter) => email::send(deps, communication, letter).await,
        }
    }
}

/// Claims the message, hands it over and keeps what came of it.
async fn leave(
    deps: &Deps,
    mut communication: Communication,
    post: &Post,
) -> Result<Next, DispatchError> {
    let now = deps.now();
    let mut counted = match guard::ask(deps, post.brand(), &mut communication).await? {
        Pass::Leave(counted) => counted,
        Pass::Wait(opening) => return put_off(deps, communication, opening, now).await,
        Pass::Never(reason) => return suppress(deps, communication, reason).await,
    };
    communication.claim(None, now, deps.clock.wall() + LEASE).map_err(StoreError::from)?;
    communication.body = post.body().clone();
    let tx = counted.write(deps.table.tx());
    tx.replace("communication", &mut communication).commit().await?;
    match post.hand_over(deps, &communication).await {
        Ok(provider_id) => keep_sent(deps, communication, provider_id).await,
        Err(error) => {
            let letter = Notice::Message(communication.dispatch());
            failure::keep(deps, communication, &error, Queue::NotifyDead, &letter).await
        }
    }
}

/// Keeps until when the message waits, so that its record says so.
async fn put_off(
    deps: &Deps,
    mut communication: Communication,
    opening: Timestamp,
    now: Timestamp,
) -> Result<Next, DispatchError> {
    let wait: SignedDuration = opening.duration_since(now);
    communication.counted_on = None;
    communication.not_before = Some(opening);
    let message = "borrowers are not written to at this hour";
    communication.reason = Some(Reason::new("OUTSIDE_HOURS", message));
    deps.table.replace(&mut communication).await?;
    Ok(Next::Wait(wait))
}

/// Records that the message is out. The message itself is past recall, so this does not give up
/// before the store does.
async fn keep_sent(
    deps: &Deps,
    communication: Communication,
    provider_id: String,
) -> Result<Next, DispatchError> {
    let mut retry = Retry::default();
    loop {
        let mut sent = communication.clone();
        sent.provider_id = Some(provider_id.clone());
        sent.become_status(Status::Sent, deps.now()).map_err(StoreError::from)?;
        match deps.table.replace(&mut sent).await {
            Ok(()) => {
                tracing::info!(id = %sent.id, "a message is sent");
                Metric::Sent.count(deps, sent.brand);
                return Ok(Next::Done);
            }
            // Somebody held the lease for expired: the record says so, and the message is out.
            Err(error) if error.is_conflict() => {
                tracing::error!(id = %sent.id, "sent after its claim was given up");
                return Ok(Next::Done);
            }
            Err(error) => retry.pause(error).await?,
        }
    }
}
