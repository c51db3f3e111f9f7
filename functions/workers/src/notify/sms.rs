//! Text messages.

use connectors::http::CallError;
use connectors::sms::Text;
use domain::identity::Phone;
use platform::Deps;
use platform::sms::account;
use platform::store::{Brand, Customer, Reason};

use crate::dispatch::admit::{Letter, reason};

/// Where the customer is reached.
pub fn phone(_brand: &Brand, customer: &Customer) -> Result<Phone, Reason> {
    customer.phone.clone().ok_or_else(|| reason("NO_PHONE", "the customer has no phone"))
}

/// Sends the registered text with its values; answers the provider's id of the message.
pub async fn send(deps: &Deps, letter: &Letter<Phone>) -> Result<String, CallError> {
    let Some(registered) = &letter.said.registered else {
        return Err(CallError::permanent("SMS_TEMPLATE", "the message has no registered text"));
    };
    let account = account(&deps.config)?;
    let name = letter.name.first();
    let values: Vec<String> = registered.values.iter().map(|value| value.to_person(name)).collect();
    let text = Text { template: &registered.template, values: &values };
    Ok(deps.sms.send(&account, &letter.to, text).await?.provider_message_id)
}
