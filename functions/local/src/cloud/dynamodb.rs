use std::path::Path;
use std::time::Duration;

use dynoxide::Database;
use rusqlite::{Connection, params};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::CloudError;
use super::server::stopped;

/// How often expired items are deleted (by wall time, as the tokens they belong to).
const EXPIRY_SWEEP: Duration = Duration::from_secs(60);
/// How long a trim waits for a write under way.
const TRIM_BUSY_WAIT: Duration = Duration::from_secs(5);

/// The engine numbers each stream record with `MAX(sequence) + 1` and reads by it, with no index of
/// its own: without this one every write would scan all records kept.
/// Each read of the stream also asks for the shard's first and last number, for which the engine
/// would read every record kept, images and all: the second index has what it asks for.
const STREAM_INDEXES: &str = "CREATE INDEX IF NOT EXISTS local_stream_sequence
    ON _stream_records (table_name, CAST(sequence_number AS INTEGER));
    CREATE INDEX IF NOT EXISTS local_stream_shard
    ON _stream_records (table_name, shard_id, CAST(sequence_number AS INTEGER), sequence_number)";

/// The newest record stays, so that numbering never restarts below a stored position.
const TRIM: &str = "DELETE FROM _stream_records WHERE table_name = ?1
    AND CAST(sequence_number AS INTEGER) <= ?2
    AND CAST(sequence_number AS INTEGER) <
        (SELECT MAX(CAST(sequence_number AS INTEGER)) FROM _stream_records WHERE table_name = ?1)";

/// Public sequence numbers are the stored ones plus this.
const SEQUENCE_OFFSET: u128 = 100_000_000_000_000_000_000;

pub(crate) struct DynamoDb {
    pub(crate) thread: std::thread::JoinHandle<()>,
    pub(crate) sweeper: JoinHandle<()>,
}

/// Opens the database file and serves it. The engine works synchronously, so it gets a thread of
/// its own and never holds up the runtime that runs the functions.
pub(crate) fn start(
    file: &Path,
    listener: TcpListener,
    stop: watch::Receiver<bool>,
) -> Result<DynamoDb, CloudError> {
    let path = file.to_str().ok_or_else(|| CloudError::DataDir(file.to_owned()))?;
    let database = Database::new(path).map_err(|error| CloudError::DynamoDb(error.to_string()))?;
    side_connection(file)?.execute_batch(STREAM_INDEXES)?;
    let listener = listener.into_std()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let sweeper = tokio::spawn(sweep_expired(database.clone(), stop.clone()));
    let thread = std::thread::Builder::new().name("dynamodb".to_owned()).spawn(move || {
        let served = runtime.block_on(async move {
            let listener = TcpListener::from_std(listener).map_err(|error| error.to_string())?;
            // Connections left open are cut when the runtime is dropped.
            tokio::select! {
                served = dynoxide::server::serve_with_shutdown(listener, database, stopped(stop.clone())) => served,
                () = async { stopped(stop).await; tokio::time::sleep(super::server::STOP_WAIT).await } => Ok(()),
            }
        });
        if let Err(error) = served {
            tracing::error!(error, "local DynamoDB ended");
        }
    })?;
    Ok(DynamoDb { thread, sweeper })
}

async fn sweep_expired(database: Database, stop: watch::Receiver<bool>) {
    loop {
        tokio::select! {
            () = stopped(stop.clone()) => return,
            () = tokio::time::sleep(EXPIRY_SWEEP) => {}
        }
        let database = database.clone();
        match tokio::task::spawn_blocking(move || database.sweep_ttl()).await {
            Ok(Ok(deleted)) => tracing::debug!(deleted, "expired items deleted"),
            Ok(Err(error)) => tracing::warn!(%error, "expired items not deleted"),
            Err(error) => tracing::error!(%error, "expiry sweep panicked"),
        }
    }
}

/// Deletes the stream records of `table` at or before `checkpoint` (a public sequence number), where
/// nobody begins any more. The engine itself keeps them for ever, and is slower for it.
pub(crate) fn trim_stream(file: &Path, table: &str, checkpoint: &str) -> Result<usize, CloudError> {
    let stored = checkpoint
        .parse::<u128>()
        .ok()
        .and_then(|public| public.checked_sub(SEQUENCE_OFFSET))
        .and_then(|stored| i64::try_from(stored).ok())
        .ok_or_else(|| CloudError::DynamoDb(format!("stream position {checkpoint}")))?;
    Ok(side_connection(file)?.execute(TRIM, params![table, stored])?)
}

/// A second connection to the engine's file: SQLite serialises it with the engine's own.
fn side_connection(file: &Path) -> Result<Connection, CloudError> {
    let connection = Connection::open(file)?;
    connection.busy_timeout(TRIM_BUSY_WAIT)?;
    Ok(connection)
}
