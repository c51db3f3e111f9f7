//! The outside world in process: servers that speak the providers' HTTP contracts, with scripted
//! failures and pages to look at. One sibling module per provider.

mod book;
pub mod email;
mod html;
pub mod sms;
pub mod whatsapp;

use std::io;
use std::path::Path;
use std::sync::Arc;

use axum::Router;
use secrecy::SecretString;

pub use whatsapp::Now;

/// All sandboxes of one running system.
#[derive(Debug, Clone)]
pub struct Sandbox {
    pub whatsapp: Arc<whatsapp::Gateway>,
    pub sms: Arc<sms::Provider>,
    pub mailbox: Arc<email::Mailbox>,
}

impl Sandbox {
    /// Puts the other sandboxes beside the gateway, with what an earlier run left in the folder.
    /// `key` is what the providers of text messages ask of their callers.
    ///
    /// # Errors
    /// When the data folder cannot be read or written.
    pub fn open(
        whatsapp: Arc<whatsapp::Gateway>,
        data_dir: &Path,
        key: SecretString,
        now: Now,
    ) -> io::Result<Self> {
        Ok(Self {
            whatsapp,
            sms: Arc::new(sms::Provider::open(data_dir, key, now.clone())?),
            mailbox: Arc::new(email::Mailbox::open(data_dir, now)?),
        })
    }

    /// The messages that all of them took over since the data folder was made.
    pub fn messages_taken(&self) -> u64 {
        self.whatsapp.messages_taken() + self.sms.messages_taken() + self.mailbox.messages_taken()
    }
}

/// Every route of every sandbox: the providers' contracts, `/sandbox/*` to script and ask, and the
/// pages (`/whatsapp`, `/sms`, `/mailbox`).
pub fn router(sandbox: Sandbox) -> Router {
    whatsapp::router(sandbox.whatsapp)
        .merge(sms::router(sandbox.sms))
        .merge(email::router(sandbox.mailbox))
}
