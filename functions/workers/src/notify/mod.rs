//! `worker-notify`: sends the queued text messages and e-mails, and tells staff of events.

mod email;
mod in_app;
mod send;
mod sms;

use platform::Deps;
use platform::aws::Queue;
use platform::lambda::Message;
use platform::notify::Notice;

use crate::dispatch::{DispatchError, Next, advance, delay};
use send::Providers;

/// Does what one message of the queue asks for; a borrower's message that must wait is sent to the
/// queue again.
pub async fn handle(deps: Deps, message: Message<Notice>) -> Result<(), DispatchError> {
    let notice = message.body;
    let dispatch = match &notice {
        Notice::Message(dispatch) => *dispatch,
        Notice::Happening(happening) => return Ok(in_app::tell(&deps, happening).await?),
    };
    let next = advance(&deps, dispatch, &Providers).await?;
    if let Next::Wait(time) = next {
        deps.queues.send(Queue::Notify, &notice, delay(time)).await?;
    }
    Ok(())
}
