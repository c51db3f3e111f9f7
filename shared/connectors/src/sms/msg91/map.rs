//! Between MSG91's words and ours.

use super::wire::FlowReply;
use crate::http::{CallError, Effect, Reply, failure};
use crate::sms::Sent;

/// Ids that MSG91 makes have 24 characters.
const MESSAGE_ID_LIMIT_BYTES: usize = 128;

pub(super) fn sent(reply: &Reply) -> Result<Sent, CallError> {
    let said = reply.json::<FlowReply>();
    if !reply.status.is_success() {
        // Its words on the request; what is wrong with the connection or the load is in the status.
        return Err(match (reply.status.as_u16(), said) {
            (400 | 404 | 422, Some(said)) if said.kind == "error" => refusal(&said.message),
            _ => failure(reply, Effect::Write),
        });
    }
    let unread = || CallError::unknown("PROVIDER_REPLY", "the provider's reply says no outcome");
    let said = said.ok_or_else(unread)?;
    match said.kind.as_str() {
        "success" => Some(said.message)
            .filter(|id| !id.is_empty() && id.len() <= MESSAGE_ID_LIMIT_BYTES)
            .map(|provider_message_id| Sent { provider_message_id })
            .ok_or_else(unread),
        "error" => Err(refusal(&said.message)),
        _ => Err(unread()),
    }
}

/// The provider's text may name a person's number: only what it is about is taken over.
fn refusal(message: &str) -> CallError {
    let message = message.to_ascii_lowercase();
    let about = |word: &str| message.contains(word);
    if about("authkey") || about("authentication") || about("unauthorized") {
        CallError::permanent("PROVIDER_CREDENTIALS", "the provider refused our key")
    } else if about("template") || about("flow") {
        CallError::permanent("SMS_TEMPLATE", "the provider refused the registered text")
    } else if about("mobile") || about("number") {
        CallError::permanent("NUMBER_REFUSED", "the provider refused the number")
    } else {
        CallError::permanent("PROVIDER_REFUSED", "the provider refused the message")
    }
}
