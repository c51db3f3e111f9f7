use async_trait::async_trait;
use domain::identity::Phone;
use reqwest::{Client, Url};
use secrecy::ExposeSecret;

use super::{map, wire};
use crate::http::{CallError, Effect, exchange};
use crate::sms::{Account, Sent, Sms, Text, VALUE_LIMIT_CHARS, VALUES_LIMIT_ITEMS};

const KEY_HEADER: &str = "authkey";
const LEAVE_ADDRESSES: &str = "0";

/// MSG91 as an [`Sms`] provider. It keeps nothing: the account of each call says where to go and
/// with which key.
#[derive(Debug, Clone)]
pub struct Msg91 {
    client: Client,
}

impl Msg91 {
    /// `client` from [`crate::http::client`].
    pub const fn new(client: Client) -> Self {
        Self { client }
    }
}

#[async_trait]
impl Sms for Msg91 {
    async fn send(&self, account: &Account, to: &Phone, text: Text<'_>) -> Result<Sent, CallError> {
        let Text { template, values } = text;
        let too_long = |value: &String| value.chars().count() > VALUE_LIMIT_CHARS;
        if values.len() > VALUES_LIMIT_ITEMS || values.iter().any(too_long) {
            return Err(CallError::permanent("TEXT_LENGTH", "a value of the text is too long"));
        }
        let values = values
            .iter()
            .enumerate()
            .map(|(place, value)| (format!("var{}", place + 1), value.as_str()))
            .collect();
        let body = wire::Flow {
            template_id: template,
            short_url: LEAVE_ADDRESSES,
            recipients: [wire::Recipient { mobiles: to.expose_digits(), values }],
        };
        let request = self
            .client
            .post(address(account)?)
            .header(KEY_HEADER, account.key.expose_secret())
            .json(&body);
        map::sent(&exchange(request, Effect::Write).await?)
    }
}

fn address(account: &Account) -> Result<Url, CallError> {
    let mut url = account.base_url.clone();
    url.path_segments_mut()
        .map_err(|()| {
            CallError::permanent("PROVIDER_REQUEST", "the provider's address has no path")
        })?
        .pop_if_empty()
        .extend(["api", "v5", "flow"]);
    Ok(url)
}
