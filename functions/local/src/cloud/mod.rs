//! The embedded cloud: DynamoDB with streams, S3, SQS and EventBridge Scheduler in this process, on
//! loopback ports, spoken to by the real SDKs over the real wire protocols. Tables, objects,
//! schedules and dead letters live in one folder and survive a restart or a kill; queues are in
//! memory, and what they held comes back from the table's stream (see [`poller`]).
#![expect(
    clippy::disallowed_methods,
    reason = "these are AWS's own clocks: visibility timeouts, retention and ids keep wall time"
)]

mod clock;
mod documents;
mod dynamodb;
mod endpoints;
pub mod poller;
mod s3;
pub mod scheduler;
mod server;
pub mod sqs;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use tokio::sync::watch;
use tokio::task::JoinHandle;

pub use clock::Clock;
pub use documents::{DocumentError, Documents};
pub use endpoints::Endpoints;
pub(crate) use server::signed;

/// What a handler may fail with.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The access key every local endpoint accepts.
pub const ACCESS_KEY_ID: &str = "local";
/// The secret key presigned URLs and S3 requests are checked with.
pub const SECRET_ACCESS_KEY: &str = "local-secret";
/// The region in local resource names.
pub const REGION: &str = "local";
/// The account in local resource names.
pub const ACCOUNT: &str = "000000000000";

const LOCK_FILE: &str = "lock";
const DATABASE_FILE: &str = "dynamodb.sqlite";
const STATE_FILE: &str = "state.sqlite";
const OBJECTS_FOLDER: &str = "objects";

/// Where the cloud keeps its data, which ports it takes, and whose time it follows.
pub struct CloudConfig {
    /// Created when it is not there; one process at a time.
    pub data_dir: PathBuf,
    /// 0 takes any free port.
    pub ports: Ports,
    /// Business time for schedules and message delays.
    pub clock: Arc<dyn Clock>,
}

/// Ports on 127.0.0.1; 0 (the default) takes any free one. Streams share DynamoDB's.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ports {
    /// DynamoDB and its streams.
    pub dynamodb: u16,
    /// S3, path-style.
    pub s3: u16,
    /// SQS.
    pub sqs: u16,
    /// EventBridge Scheduler.
    pub scheduler: u16,
}

/// The cloud could not start, or a call into it failed.
#[derive(Debug, thiserror::Error)]
pub enum CloudError {
    /// A port or a file could not be had.
    #[error("local cloud: {0}")]
    Io(#[from] std::io::Error),
    /// Another process holds the data folder.
    #[error("{0} is in use by another parcela process; stop that one first")]
    InUse(PathBuf),
    /// The data folder's name cannot be used.
    #[error("{0} is not a usable folder name")]
    DataDir(PathBuf),
    /// The DynamoDB engine refused its file.
    #[error("local DynamoDB: {0}")]
    DynamoDb(String),
    /// The S3 folder could not be opened.
    #[error("local S3: {0}")]
    S3(String),
    /// The stored schedules could not be read.
    #[error("local scheduler: {0}")]
    Scheduler(String),
    /// The cloud's own state could not be read or written.
    #[error(transparent)]
    Documents(#[from] DocumentError),
    /// SQLite refused.
    #[error("local database file: {0}")]
    Sqlite(#[from] rusqlite::Error),
}

/// The running cloud. Dropping it ends everything at once, as a kill would; [`Cloud::stop`] lets
/// requests under way finish.
pub struct Cloud {
    endpoints: Endpoints,
    queues: sqs::Queues,
    scheduler: scheduler::Scheduler,
    documents: Documents,
    poller: poller::Poller,
    /// Ends the firing of schedules, before the endpoints that targets use.
    stop_firing: watch::Sender<bool>,
    firing: Mutex<Option<JoinHandle<()>>>,
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
    dynamodb_thread: Option<std::thread::JoinHandle<()>>,
    data_dir: PathBuf,
    _lock: File,
}

impl Cloud {
    /// Starts every endpoint; all of them answer when this returns.
    ///
    /// # Errors
    /// When the folder is held by another process, a port is taken or a file cannot be opened.
    pub async fn start(config: CloudConfig) -> Result<Self, CloudError> {
        let CloudConfig { data_dir, ports, clock } = config;
        std::fs::create_dir_all(&data_dir)?;
        let lock = lock(&data_dir)?;
        let documents = Documents::open(&data_dir.join(STATE_FILE))?;
        let (stop, stopping) = watch::channel(false);

        let (dynamodb_listener, dynamodb_address) = server::bind(ports.dynamodb).await?;
        let (s3_listener, s3_address) = server::bind(ports.s3).await?;
        let (sqs_listener, sqs_address) = server::bind(ports.sqs).await?;
        let (scheduler_listener, scheduler_address) = server::bind(ports.scheduler).await?;
        let endpoints =
            Endpoints::new(dynamodb_address, s3_address, sqs_address, scheduler_address);

        let stop_firing = watch::Sender::new(false);
        let scheduler =
            scheduler::Scheduler::open(clock.clone(), documents.clone(), stop_firing.subscribe())?;
        let queues =
            sqs::Queues::new(endpoints.sqs.clone(), clock, documents.clone(), stopping.clone());
        let database_file = data_dir.join(DATABASE_FILE);
        let poller = poller::Poller::new(
            endpoints.clone(),
            queues.clone(),
            documents.clone(),
            database_file.clone(),
        );
        let s3_router = s3::router(&data_dir.join(OBJECTS_FOLDER))?;
        let dynamodb = dynamodb::start(&database_file, dynamodb_listener, stopping.clone())?;
        let tasks = vec![
            dynamodb.sweeper,
            server::serve("s3", s3_listener, s3_router, stopping.clone()),
            server::serve("sqs", sqs_listener, sqs::router(queues.clone()), stopping.clone()),
            server::serve(
                "scheduler",
                scheduler_listener,
                scheduler::router(scheduler.clone()),
                stopping,
            ),
        ];
        let dynamodb_thread = Some(dynamodb.thread);
        Ok(Self {
            endpoints,
            queues,
            scheduler,
            documents,
            poller,
            stop_firing,
            firing: Mutex::default(),
            stop,
            tasks,
            dynamodb_thread,
            data_dir,
            _lock: lock,
        })
    }

    /// Where each service answers, and SDK clients for it.
    pub fn endpoints(&self) -> &Endpoints {
        &self.endpoints
    }

    /// The queues' counts, and whether all are drained.
    pub fn queues(&self) -> &sqs::Queues {
        &self.queues
    }

    /// The schedules; await [`scheduler::Scheduler::caught_up`] after moving the clock.
    pub fn scheduler(&self) -> &scheduler::Scheduler {
        &self.scheduler
    }

    /// Reads streams and queues and calls their functions.
    pub fn poller(&self) -> &poller::Poller {
        &self.poller
    }

    /// Starts firing schedules, when their targets are ready; a second call takes over.
    pub fn fire_schedules(&self, on_fire: scheduler::OnFire) {
        let task = self.scheduler.fire(on_fire);
        let mut firing = self.firing.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(before) = firing.replace(task) {
            before.abort();
        }
    }

    /// Small documents kept in the data folder, for what runs on top of the cloud locally.
    pub fn documents(&self) -> &Documents {
        &self.documents
    }

    /// Stops firing and polling, lets calls and requests under way finish (at most five seconds
    /// each), closes the files.
    pub async fn stop(mut self) {
        self.stop_firing.send_replace(true);
        let firing = self.firing.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(firing) = firing {
            finish("schedules", firing).await;
        }
        self.poller.stop().await;
        self.stop.send_replace(true);
        for task in std::mem::take(&mut self.tasks) {
            finish("endpoint", task).await;
        }
        if let Some(thread) = self.dynamodb_thread.take()
            && !matches!(tokio::task::spawn_blocking(move || thread.join()).await, Ok(Ok(())))
        {
            tracing::error!("local DynamoDB did not stop");
        }
    }

    /// The folder everything is kept in.
    pub fn data_dir(&self) -> &Path {
        &self.data_dir
    }
}

impl Drop for Cloud {
    fn drop(&mut self) {
        self.stop_firing.send_replace(true);
        if let Some(firing) = self.firing.get_mut().unwrap_or_else(PoisonError::into_inner) {
            firing.abort();
        }
        self.poller.abort();
        self.stop.send_replace(true);
        for task in &self.tasks {
            task.abort();
        }
    }
}

impl std::fmt::Debug for Cloud {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cloud").field("endpoints", &self.endpoints).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for CloudConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CloudConfig")
            .field("data_dir", &self.data_dir)
            .field("ports", &self.ports)
            .finish_non_exhaustive()
    }
}

/// Waits for a task that was told to stop, and cuts it off when it takes too long.
async fn finish(name: &str, task: JoinHandle<()>) {
    let abort = task.abort_handle();
    if tokio::time::timeout(server::STOP_WAIT, task).await.is_err() {
        tracing::warn!(name, "cut off");
        abort.abort();
    }
}

/// The lock goes with the process, however it ends.
fn lock(data_dir: &Path) -> Result<File, CloudError> {
    let file =
        File::options().create(true).truncate(false).write(true).open(data_dir.join(LOCK_FILE))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => Err(CloudError::InUse(data_dir.to_owned())),
        Err(std::fs::TryLockError::Error(error)) => Err(error.into()),
    }
}

/// An id in UUID form, unique over restarts: start time of the process, then a counter.
pub(crate) fn unique_id() -> String {
    static STARTED: std::sync::OnceLock<u64> = std::sync::OnceLock::new();
    static COUNTER: AtomicU64 = AtomicU64::new(1);
    let started = *STARTED.get_or_init(|| {
        let nanos = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_nanos());
        u64::try_from(nanos).unwrap_or(u64::MAX)
    });
    let counter = COUNTER.fetch_add(1, Ordering::Relaxed);
    format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        started >> 32,
        (started >> 16) & 0xffff,
        started & 0xffff,
        (counter >> 48) & 0xffff,
        counter & 0xffff_ffff_ffff
    )
}
