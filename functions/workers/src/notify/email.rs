//! E-mails.

use connectors::email::{Letter as Mail, Sender};
use connectors::http::CallError;
use domain::identity::Email;
use platform::Deps;
use platform::store::{Brand, Communication, Customer, Reason};

use crate::dispatch::admit::{Letter, reason};

/// Where the customer is reached.
pub fn address(_brand: &Brand, customer: &Customer) -> Result<Email, Reason> {
    customer.email.clone().ok_or_else(|| reason("NO_EMAIL", "the customer has no e-mail address"))
}

/// Sends the text from the deployment's address under the brand's name, which is its subject too;
/// answers the provider's id of the message.
pub async fn send(
    deps: &Deps,
    communication: &Communication,
    letter: &Letter<Email>,
) -> Result<String, CallError> {
    let Some(from) = &deps.config.email_from else {
        return Err(CallError::permanent("NO_SENDER", "no address that e-mails are from is set"));
    };
    let brand = letter.brand.name.as_str();
    let mail = Mail {
        from: Sender { name: brand, address: from },
        to: &letter.to,
        subject: brand,
        text: &letter.said.body.to_person(letter.name.first()),
        tag: &communication.id.to_string(),
    };
    Ok(deps.mailer.send(mail).await?.provider_message_id)
}
