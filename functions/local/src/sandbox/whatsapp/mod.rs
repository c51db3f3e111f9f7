//! A WhatsApp gateway that speaks Evolution API v2's contract, and the phone of everyone it writes
//! to. Messages, instances and their webhooks are kept in the data folder and survive a kill.

mod api;
mod messages;
mod pages;
mod reports;
mod script;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use jiff::Timestamp;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use tokio::sync::{Semaphore, watch};

pub use messages::{Ack, Message};
pub(crate) use reports::token as report_token;

use messages::Messages;
use script::Scripted;

/// The sandbox refuses to know more instances than this.
const INSTANCES_LIMIT_ITEMS: usize = 1_000;
/// Reports under way at once.
const REPORTS_AT_ONCE: usize = 16;

/// Tells the time.
pub type Now = Arc<dyn Fn() -> Timestamp + Send + Sync>;

pub struct Config {
    /// Where the sandbox may write.
    pub data_dir: PathBuf,
    /// The key every call must bring in its `apikey` header.
    pub api_key: SecretString,
    /// The time shown on the messages.
    pub business_now: Now,
    /// The time of the tokens.
    pub wall_now: Now,
    /// Waited before the first repetition of a report that did not arrive; doubles each time.
    pub first_retry: Duration,
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config").field("data_dir", &self.data_dir).finish_non_exhaustive()
    }
}

impl Config {
    /// What Evolution waits.
    pub const FIRST_RETRY: Duration = Duration::from_secs(5);
}

/// The gateway and everything it remembers.
pub struct Gateway {
    config: Config,
    http: reqwest::Client,
    reports_at_once: Semaphore,
    /// Marked when a message goes no further for now.
    rested: watch::Sender<()>,
    state: Mutex<State>,
}

impl fmt::Debug for Gateway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gateway").field("data_dir", &self.config.data_dir).finish_non_exhaustive()
    }
}

struct State {
    instances: BTreeMap<String, Option<Webhook>>,
    messages: Messages,
    /// The ids of the messages a task is taking further.
    under_way: BTreeSet<String>,
    scripted: Scripted,
}

/// Where one instance's reports go.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Webhook {
    enabled: bool,
    url: String,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(default)]
    by_events: bool,
    #[serde(default)]
    base64: bool,
    /// Upper-case names; none means all.
    #[serde(default)]
    events: Vec<String>,
}

impl Gateway {
    /// Reads what an earlier run left and goes on with the messages it had not finished.
    ///
    /// # Errors
    /// When the data folder cannot be read or written.
    pub async fn open(config: Config) -> io::Result<Arc<Self>> {
        fs::create_dir_all(&config.data_dir)?;
        let messages = Messages::open(&config.data_dir.join("whatsapp-messages.jsonl"))?;
        let instances = match fs::read(instances_file(&config.data_dir)) {
            Ok(bytes) => serde_json::from_slice(&bytes)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => BTreeMap::new(),
            Err(error) => return Err(error),
        };
        let http = connectors::http::client().map_err(io::Error::other)?;
        let state = State {
            instances,
            messages,
            under_way: BTreeSet::new(),
            scripted: Scripted::default(),
        };
        let gateway = Arc::new(Self {
            config,
            http,
            reports_at_once: Semaphore::new(REPORTS_AT_ONCE),
            rested: watch::Sender::new(()),
            state: Mutex::new(state),
        });
        let unfinished = gateway.state().messages.unfinished();
        for id in unfinished {
            reports::deliver(&gateway, id);
        }
        Ok(gateway)
    }

    /// Makes an instance known; one that is known stays as it is.
    ///
    /// # Errors
    /// When there are too many, or the data folder cannot be written.
    pub fn add_instance(&self, name: &str) -> io::Result<()> {
        let mut state = self.state();
        if state.instances.contains_key(name) {
            return Ok(());
        }
        if state.instances.len() >= INSTANCES_LIMIT_ITEMS {
            return Err(io::Error::other("the sandbox knows too many instances"));
        }
        state.instances.insert(name.to_owned(), None);
        self.keep_instances(&state)
    }

    /// The number of messages taken over since the data folder was made.
    pub fn messages_taken(&self) -> u64 {
        self.state().messages.next_seq().saturating_sub(1)
    }

    /// Whether every message is as far as it goes for now, and its sender was told.
    pub fn is_idle(&self) -> bool {
        self.state().under_way.is_empty()
    }

    /// Waits until [`Gateway::is_idle`].
    pub async fn settled(&self) {
        let mut rested = self.rested.subscribe();
        // The sender lives in self: it cannot be gone.
        while !self.is_idle() && rested.changed().await.is_ok() {}
    }

    /// A message goes no further for now.
    fn rest(&self, state: &mut State, id: &str) {
        state.under_way.remove(id);
        self.rested.send_replace(());
    }

    fn set_webhook(&self, instance: &str, webhook: Webhook) -> io::Result<()> {
        let mut state = self.state();
        state.instances.insert(instance.to_owned(), Some(webhook));
        self.keep_instances(&state)
    }

    /// Replaces the file in one step, so that a kill leaves the old or the new one.
    fn keep_instances(&self, state: &State) -> io::Result<()> {
        let file = instances_file(&self.config.data_dir);
        let new = file.with_extension("new");
        fs::write(&new, serde_json::to_vec_pretty(&state.instances)?)?;
        fs::rename(new, file)
    }

    /// A test that panicked with the lock in hand must not take the sandbox down.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn instances_file(data_dir: &Path) -> PathBuf {
    data_dir.join("whatsapp-instances.json")
}

/// Evolution's routes, the script and the phone.
pub fn router(gateway: Arc<Gateway>) -> Router {
    api::routes().merge(script::routes()).merge(pages::routes()).with_state(gateway)
}
