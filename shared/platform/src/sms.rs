//! The provider of text messages of this deployment, built when it is first used.

use std::sync::OnceLock;

use async_trait::async_trait;
use connectors::http::{CallError, client};
use connectors::sms::msg91::Msg91;
use connectors::sms::{Account, Sent, Sms, Text};
use domain::identity::Phone;

use crate::config::Config;

/// MSG91, whose HTTP client starts with the first call.
#[derive(Debug, Default)]
pub struct LazyMsg91(OnceLock<Msg91>);

#[async_trait]
impl Sms for LazyMsg91 {
    async fn send(&self, account: &Account, to: &Phone, text: Text<'_>) -> Result<Sent, CallError> {
        let msg91 = match self.0.get() {
            Some(msg91) => msg91,
            None => {
                let msg91 = Msg91::new(client()?);
                self.0.get_or_init(|| msg91)
            }
        };
        msg91.send(account, to, text).await
    }
}

/// The deployment's account.
///
/// # Errors
/// `NO_SMS_PROVIDER` where none is configured; `SMS_ADDRESS` where its address cannot be used.
pub fn account(config: &Config) -> Result<Account, CallError> {
    let (Some(url), Some(key)) = (&config.sms_url, &config.sms_key) else {
        let message = "no provider of text messages is configured";
        return Err(CallError::permanent("NO_SMS_PROVIDER", message));
    };
    Account::new(url, key.clone())
        .map_err(|error| CallError::permanent("SMS_ADDRESS", error.to_string()))
}
