//! `worker-whatsapp`: sends the queued WhatsApp messages, one after another at each instance.

mod pace;
mod send;

use domain::identity::Phone;
use platform::Deps;
use platform::aws::Queue;
use platform::lambda::Message;
use platform::store::{Brand, Communication, Customer, Dispatch, Reason};

use crate::dispatch::admit::{Admission, admit, reason};
use crate::dispatch::{DispatchError, Next, Way, advance, delay, suppress};

/// Does the next step of a message; where it must wait, sends itself the queue's message again.
pub async fn handle(deps: Deps, message: Message<Dispatch>) -> Result<(), DispatchError> {
    let dispatch = message.body;
    let next = advance(&deps, dispatch, &Whatsapp).await?;
    if let Next::Wait(time) = next {
        deps.queues.send(Queue::Whatsapp, &dispatch, delay(time)).await?;
    }
    Ok(())
}

struct Whatsapp;

impl Way for Whatsapp {
    async fn send(&self, deps: &Deps, communication: Communication) -> Result<Next, DispatchError> {
        match admit(deps, &communication, phone).await? {
            Admission::Suppress(reason) => suppress(deps, communication, reason).await,
            Admission::Send(letter) => send::take_turn(deps, communication, letter).await,
        }
    }
}

fn phone(brand: &Brand, customer: &Customer) -> Result<Phone, Reason> {
    if brand.dunning.instance.is_empty() {
        return Err(reason("NO_INSTANCE", "the brand has no WhatsApp instance"));
    }
    customer.phone.clone().ok_or_else(|| reason("NO_PHONE", "the customer has no phone"))
}
