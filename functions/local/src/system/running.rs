use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::keys::random_key;
use super::private;

const RUNNING_FILE: &str = "running.json";

/// Where the running system of a data folder answers, and the token that its control routes ask
/// for; left behind by a kill.
#[derive(Clone, Serialize, Deserialize)]
pub struct Running {
    /// The API and the control routes.
    pub url: String,
    /// The providers' sandbox with the WhatsApp phone.
    pub sandbox_url: String,
    /// Whoever can read the data folder may move the clock and invoke functions.
    pub control_token: String,
    /// What another process needs to use the embedded cloud, as (name, value).
    pub environment: Vec<(String, String)>,
    /// The process.
    pub pid: u32,
}

impl Running {
    pub(super) fn new(
        url: String,
        sandbox_url: String,
        environment: Vec<(String, String)>,
    ) -> Self {
        let pid = std::process::id();
        Self { url, sandbox_url, control_token: random_key(), environment, pid }
    }

    /// What the last start in this folder wrote; `None` after a clean stop.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn read(data_dir: &Path) -> io::Result<Option<Self>> {
        private::read_json(&data_dir.join(RUNNING_FILE))
    }

    pub(super) fn write(&self, data_dir: &Path) -> io::Result<()> {
        private::write_json(&data_dir.join(RUNNING_FILE), self)
    }

    pub(super) fn remove(data_dir: &Path) {
        if let Err(error) = std::fs::remove_file(data_dir.join(RUNNING_FILE)) {
            tracing::debug!(%error, "the file of the running system was not there");
        }
    }
}

impl std::fmt::Debug for Running {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Running")
            .field("url", &self.url)
            .field("sandbox_url", &self.sandbox_url)
            .finish_non_exhaustive()
    }
}
