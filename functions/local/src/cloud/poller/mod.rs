//! Event source mappings, as Lambda has them: the table's stream and the queues are read by the
//! SDKs and handed to the functions in Lambda's event shapes, at least once.
//!
//! Queues are in memory, so a restart loses what they held. The stream reader therefore goes back,
//! when it starts, to the last position at which every queue was drained: what those messages were
//! made from is handed over again, and consumers ignore what they have done already. Messages that
//! were not made from stream records do not come back.

mod event;
mod queue;
mod stream;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_lambda_events::event::dynamodb::Event as StreamEvent;
use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent};
use futures::future::{BoxFuture, join_all};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::sqs::Queues;
use super::{BoxError, Documents, Endpoints, finish};
pub use event::{of_messages as queue_event, of_records as stream_event};
use stream::Progress;

/// Handles one batch of stream records; an error or a panic repeats the whole batch, for ever.
pub type StreamHandler =
    Arc<dyn Fn(StreamEvent) -> BoxFuture<'static, Result<(), BoxError>> + Send + Sync>;

/// Handles one batch of messages and names those that failed; an error or a panic fails all.
pub type QueueHandler =
    Arc<dyn Fn(SqsEvent) -> BoxFuture<'static, Result<SqsBatchResponse, BoxError>> + Send + Sync>;

/// How one queue is read.
#[derive(Clone, Debug)]
pub struct QueueSource {
    /// The queue's name; it must exist before its first message is read.
    pub queue: String,
    /// Messages per call, 1 to 10.
    pub batch_size: u8,
    /// Calls at a time, 1 to 100.
    pub concurrency: u8,
    /// A call that runs longer fails. Keep it below the queue's visibility timeout.
    pub timeout: Duration,
}

/// Reads streams and queues until the cloud stops.
#[derive(Clone)]
pub struct Poller(Arc<Inner>);

struct Inner {
    endpoints: Endpoints,
    queues: Queues,
    documents: Documents,
    database_file: PathBuf,
    streams: Mutex<Vec<Arc<Progress>>>,
    tasks: Mutex<Vec<JoinHandle<()>>>,
    stop: watch::Sender<bool>,
}

impl Poller {
    pub(crate) fn new(
        endpoints: Endpoints,
        queues: Queues,
        documents: Documents,
        database_file: PathBuf,
    ) -> Self {
        Self(Arc::new(Inner {
            endpoints,
            queues,
            documents,
            database_file,
            streams: Mutex::default(),
            tasks: Mutex::default(),
            stop: watch::Sender::new(false),
        }))
    }

    /// Hands every change of `table` (new and old images) to `handler`, in order.
    pub fn read_stream(&self, table: &str, handler: StreamHandler) {
        let progress = Arc::new(Progress::default());
        self.0.streams.lock().unwrap_or_else(PoisonError::into_inner).push(progress.clone());
        let reader = stream::Reader {
            table: table.to_owned(),
            client: self.0.endpoints.streams_client(),
            queues: self.0.queues.clone(),
            documents: self.0.documents.clone(),
            database_file: self.0.database_file.clone(),
            handler,
            progress,
            stop: self.0.stop.subscribe(),
        };
        self.keep(tokio::spawn(reader.run()));
    }

    /// Hands the messages of a queue to `handler`, several calls at a time.
    pub fn read_queue(&self, source: &QueueSource, handler: &QueueHandler) {
        let client = self.0.endpoints.sqs_client();
        for _ in 0..source.concurrency.clamp(1, queue::CONCURRENCY_LIMIT_CALLS) {
            let reader = queue::Reader {
                source: source.clone(),
                client: client.clone(),
                handler: handler.clone(),
                stop: self.0.stop.subscribe(),
            };
            self.keep(tokio::spawn(reader.run()));
        }
    }

    /// Waits until all changes of the tables are handed over and every queue is worked off but for
    /// messages still delayed; dead letters do not count. A message that failed counts until its
    /// visibility timeout has passed and it succeeded or became a dead letter; a queue that nobody
    /// reads must be empty.
    pub async fn settled(&self) {
        let mut changed = self.0.queues.changed();
        loop {
            changed.mark_unchanged();
            if !self.0.queues.idle() {
                self.wait_for_idle_queues().await;
                continue;
            }
            let streams = self.0.streams.lock().unwrap_or_else(PoisonError::into_inner).clone();
            for stream in streams {
                stream.read_to_end().await;
            }
            // A message sent or deleted meanwhile may have had effects after that look.
            if self.0.queues.idle() && !changed.has_changed().unwrap_or_default() {
                return;
            }
        }
    }

    async fn wait_for_idle_queues(&self) {
        let mut changed = self.0.queues.changed();
        // The queues' own sender lives in `self`: this ends only when they are idle.
        while !self.0.queues.idle() && changed.changed().await.is_ok() {}
    }

    /// Ends after the calls under way, or cuts them off when they take too long.
    pub(crate) async fn stop(&self) {
        self.0.stop.send_replace(true);
        join_all(self.take_tasks().into_iter().map(|task| finish("function", task))).await;
    }

    /// Ends at once.
    pub(crate) fn abort(&self) {
        self.0.stop.send_replace(true);
        for task in self.take_tasks() {
            task.abort();
        }
    }

    fn keep(&self, task: JoinHandle<()>) {
        self.0.tasks.lock().unwrap_or_else(PoisonError::into_inner).push(task);
    }

    fn take_tasks(&self) -> Vec<JoinHandle<()>> {
        std::mem::take(&mut *self.0.tasks.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl std::fmt::Debug for Poller {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Poller").finish_non_exhaustive()
    }
}
