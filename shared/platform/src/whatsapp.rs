//! The WhatsApp gateway of this deployment, built when it is first used.

use std::sync::OnceLock;

use async_trait::async_trait;
use connectors::http::{CallError, client};
use connectors::whatsapp::evolution::Evolution;
use connectors::whatsapp::{ConnectionState, Instance, SendError, Sent, WhatsApp};
use domain::identity::Phone;

use crate::config::Config;

/// Evolution, whose HTTP client starts with the first call.
#[derive(Debug, Default)]
pub struct LazyEvolution(OnceLock<Evolution>);

impl LazyEvolution {
    fn get(&self) -> Result<&Evolution, CallError> {
        if let Some(evolution) = self.0.get() {
            return Ok(evolution);
        }
        let evolution = Evolution::new(client()?);
        Ok(self.0.get_or_init(|| evolution))
    }
}

#[async_trait]
impl WhatsApp for LazyEvolution {
    async fn send_text(
        &self,
        instance: &Instance,
        to: &Phone,
        text: &str,
        dedupe_key: &str,
    ) -> Result<Sent, SendError> {
        self.get()?.send_text(instance, to, text, dedupe_key).await
    }

    async fn connection_state(&self, instance: &Instance) -> Result<ConnectionState, CallError> {
        self.get()?.connection_state(instance).await
    }
}

/// The instance of this name at the configured gateway.
///
/// # Errors
/// `NO_GATEWAY` where none is configured; `INSTANCE_NAME` where the name or the gateway's address
/// cannot be used.
pub fn instance(config: &Config, name: &str) -> Result<Instance, CallError> {
    let (Some(url), Some(key)) = (&config.whatsapp_url, &config.whatsapp_key) else {
        return Err(CallError::permanent("NO_GATEWAY", "no WhatsApp gateway is configured"));
    };
    Instance::new(url, name, key.clone())
        .map_err(|error| CallError::permanent("INSTANCE_NAME", error.to_string()))
}
