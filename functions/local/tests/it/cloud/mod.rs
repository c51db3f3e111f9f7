//! The embedded cloud, spoken to by the real SDKs.
#![expect(clippy::disallowed_methods, reason = "presigned URLs expire by wall time; plain HTTP")]

mod dynamodb;
mod expression;
mod poller;
mod restart;
mod s3;
mod scheduler;
mod sqs;

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use local::cloud::{Clock, Cloud, CloudConfig, Ports};
use tokio::sync::watch;

/// Longest wait for something that should happen soon.
const SOON: Duration = Duration::from_secs(30);

/// A clock that stands still until it is moved.
pub(super) struct StillClock {
    now: Mutex<Timestamp>,
    changed: watch::Sender<()>,
}

impl StillClock {
    pub(super) fn at(time: &str) -> Arc<Self> {
        let now = Mutex::new(time.parse().unwrap());
        Arc::new(Self { now, changed: watch::Sender::new(()) })
    }

    fn set(&self, time: &str) {
        *self.now.lock().unwrap() = time.parse().unwrap();
        self.changed.send_replace(());
    }

    fn advance(&self, duration: SignedDuration) {
        *self.now.lock().unwrap() += duration;
        self.changed.send_replace(());
    }
}

impl Clock for StillClock {
    fn business_now(&self) -> Timestamp {
        *self.now.lock().unwrap()
    }

    fn changed(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
    }
}

async fn start(dir: &Path, clock: Arc<StillClock>) -> Cloud {
    let config = CloudConfig { data_dir: dir.to_owned(), ports: Ports::default(), clock };
    Cloud::start(config).await.unwrap()
}

/// A cloud in a folder that goes with the test, at noon of 2 January 2026 UTC.
async fn fresh() -> (tempfile::TempDir, Arc<StillClock>, Cloud) {
    let dir = tempfile::tempdir().unwrap();
    let clock = StillClock::at("2026-01-02T12:00:00Z");
    let cloud = start(dir.path(), clock.clone()).await;
    (dir, clock, cloud)
}

/// Fails the test when `future` takes long.
async fn soon<T>(future: impl Future<Output = T>) -> T {
    match tokio::time::timeout(SOON, future).await {
        Ok(value) => value,
        Err(_) => panic!("nothing came of it within {SOON:?}"),
    }
}
