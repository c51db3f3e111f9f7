use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use aws_sdk_dynamodbstreams::Client;
use aws_sdk_dynamodbstreams::error::DisplayErrorContext;
use aws_sdk_dynamodbstreams::types::{Record, ShardIteratorType};
use futures::FutureExt as _;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use super::StreamHandler;
use super::event::of_records;
use crate::cloud::dynamodb::trim_stream;
use crate::cloud::server::stopped;
use crate::cloud::sqs::Queues;
use crate::cloud::{BoxError, Documents};

/// Records per batch, Lambda's default.
const BATCH_LIMIT_RECORDS: i32 = 100;
/// Pause after a read that found nothing.
const READ_PAUSE: Duration = Duration::from_millis(100);
/// Pauses after a failed batch: the first, doubling up to the last.
const RETRY_PAUSES: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));
/// Pause after the stream itself could not be read.
const FAULT_PAUSE: Duration = Duration::from_secs(1);
/// Records between two trims.
const TRIM_RECORDS: usize = 1_000;
const POSITIONS: &str = "stream-positions";

/// How far a stream's reader is.
pub(super) struct Progress {
    begun: AtomicU64,
    /// The last read that found nothing more.
    at_end: watch::Sender<u64>,
    nudge: watch::Sender<()>,
}

impl Default for Progress {
    fn default() -> Self {
        Self {
            begun: AtomicU64::new(0),
            at_end: watch::Sender::new(0),
            nudge: watch::Sender::new(()),
        }
    }
}

impl Progress {
    /// Waits for a read that began after this call and found nothing.
    pub(super) async fn read_to_end(&self) {
        let mut at_end = self.at_end.subscribe();
        let needed = self.begun.load(Ordering::SeqCst) + 1;
        self.nudge.send_replace(());
        // The sender lives in self: it cannot be gone.
        if at_end.wait_for(|read| *read >= needed).await.is_err() {
            tracing::error!("stream reader is gone");
        }
    }
}

/// Where a restart begins: everything up to `after` was handed over, and all that came of it in the
/// queues was worked off.
#[derive(Clone, Debug, Deserialize, Serialize)]
struct Position {
    stream_arn: String,
    after: Option<String>,
}

/// Reads one table's stream.
pub(super) struct Reader {
    pub(super) table: String,
    pub(super) client: Client,
    pub(super) queues: Queues,
    pub(super) documents: Documents,
    pub(super) database_file: PathBuf,
    pub(super) handler: StreamHandler,
    pub(super) progress: Arc<Progress>,
    pub(super) stop: watch::Receiver<bool>,
}

impl Reader {
    pub(super) async fn run(self) {
        while !*self.stop.borrow() {
            if let Err(error) = self.read().await {
                tracing::warn!(table = self.table, %error, "stream not read");
            }
            self.pause(FAULT_PAUSE).await;
        }
    }

    /// Reads from the stored position until the stop, or an error.
    async fn read(&self) -> Result<(), BoxError> {
        let Some(stream_arn) = self.find_stream().await? else { return Ok(()) };
        let stored: Option<Position> = self.documents.get(POSITIONS, &self.table)?;
        let stored = stored.filter(|position| position.stream_arn == stream_arn);
        let mut checkpoint = stored.and_then(|position| position.after);
        if let Some(after) = &checkpoint {
            self.trim(after).await?;
        }
        let mut since_trim = 0;
        let mut position = checkpoint.clone();
        let mut iterator = self.iterator(&stream_arn, position.as_deref()).await?;
        let mut nudge = self.progress.nudge.subscribe();
        while !*self.stop.borrow() {
            nudge.mark_unchanged();
            let pass = self.progress.begun.fetch_add(1, Ordering::SeqCst) + 1;
            let read = self.client.get_records().shard_iterator(&iterator);
            let read = read.limit(BATCH_LIMIT_RECORDS).send().await.map_err(readable)?;
            let records = read.records.unwrap_or_default();
            iterator = read.next_shard_iterator.ok_or("the stream's shard is closed")?;
            if !self.hand_over(&records, &stream_arn).await? {
                return Ok(());
            }
            since_trim += records.len();
            let last = records.last().and_then(Record::dynamodb);
            position = last.and_then(|d| d.sequence_number()).map(str::to_owned).or(position);
            if position != checkpoint && self.queues.drained() {
                checkpoint.clone_from(&position);
                let stream_arn = stream_arn.clone();
                let reached = Position { stream_arn, after: position.clone() };
                self.documents.put(POSITIONS, &self.table, &reached)?;
                if let Some(after) = position.as_deref().filter(|_| since_trim >= TRIM_RECORDS) {
                    self.trim(after).await?;
                    since_trim = 0;
                }
            }
            if records.is_empty() {
                self.progress.at_end.send_replace(pass);
                tokio::select! {
                    _ = nudge.changed() => {}
                    () = self.pause(READ_PAUSE) => {}
                }
            }
        }
        Ok(())
    }

    /// Removes the records up to a position that was stored.
    async fn trim(&self, after: &str) -> Result<(), BoxError> {
        let (file, table) = (self.database_file.clone(), self.table.clone());
        let after = after.to_owned();
        let trim = tokio::task::spawn_blocking(move || trim_stream(&file, &table, &after));
        let trimmed = trim.await??;
        tracing::debug!(table = self.table, trimmed, "stream records trimmed");
        Ok(())
    }

    async fn find_stream(&self) -> Result<Option<String>, BoxError> {
        let listed = self.client.list_streams().table_name(&self.table).send().await;
        let streams = listed.map_err(readable)?.streams.unwrap_or_default();
        Ok(streams.into_iter().next().and_then(|stream| stream.stream_arn))
    }

    /// The local engine's streams have one shard.
    async fn iterator(&self, stream_arn: &str, after: Option<&str>) -> Result<String, BoxError> {
        let described = self.client.describe_stream().stream_arn(stream_arn).send().await;
        let described = described.map_err(readable)?.stream_description;
        let shards = described.and_then(|stream| stream.shards).unwrap_or_default();
        let shard = shards.into_iter().next().and_then(|shard| shard.shard_id);
        let kind = match after {
            Some(_) => ShardIteratorType::AfterSequenceNumber,
            None => ShardIteratorType::TrimHorizon,
        };
        let request = self.client.get_shard_iterator().stream_arn(stream_arn);
        let request = request.set_shard_id(shard).shard_iterator_type(kind);
        let answer = request.set_sequence_number(after.map(str::to_owned)).send().await;
        Ok(answer.map_err(readable)?.shard_iterator.ok_or("no shard iterator")?)
    }

    /// Repeats until the handler succeeds; false when the stop came first.
    async fn hand_over(&self, records: &[Record], stream_arn: &str) -> Result<bool, BoxError> {
        if records.is_empty() {
            return Ok(true);
        }
        let event = of_records(records, stream_arn)?;
        let (mut pause, longest) = RETRY_PAUSES;
        loop {
            let (handler, batch) = (self.handler.clone(), event.clone());
            // The handler builds its future inside, so that a panic while building is caught too.
            let call = AssertUnwindSafe(async move { handler(batch).await }).catch_unwind();
            match call.await {
                Ok(Ok(())) => return Ok(true),
                Ok(Err(error)) => tracing::warn!(table = self.table, %error, "batch failed"),
                Err(_) => tracing::error!(table = self.table, "stream function panicked"),
            }
            self.pause(pause).await;
            if *self.stop.borrow() {
                return Ok(false);
            }
            pause = (pause * 2).min(longest);
        }
    }

    async fn pause(&self, pause: Duration) {
        tokio::select! {
            () = stopped(self.stop.clone()) => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// An SDK error with its causes; its own text says little.
fn readable<E: std::error::Error + Send + Sync + 'static>(error: E) -> BoxError {
    DisplayErrorContext(error).to_string().into()
}
