//! EventBridge Scheduler: its REST interface, schedules kept on disk, and the firing of cron, rate
//! and at expressions in each schedule's timezone, driven by the movable business clock.

mod book;
mod cron;
mod engine;
mod error;
mod expression;
mod http;
mod schedule;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use tokio::sync::watch;
use tokio::task::JoinHandle;

pub use engine::{Firing, OnFire};
pub use expression::{Expression, ExpressionError, next_fire};
pub(crate) use http::router;

use super::{Clock, CloudError, Documents};
use book::Book;
use error::SchedulerError;

/// The schedules and what is known of their firing.
#[derive(Clone)]
pub struct Scheduler(Arc<Inner>);

struct Inner {
    clock: Arc<dyn Clock>,
    book: Mutex<Book>,
    edited: watch::Sender<()>,
    /// Passes begun, and the last one that delivered all that was due.
    begun: AtomicU64,
    ended: watch::Sender<u64>,
    stop: watch::Receiver<bool>,
}

impl Scheduler {
    pub(crate) fn open(
        clock: Arc<dyn Clock>,
        documents: Documents,
        stop: watch::Receiver<bool>,
    ) -> Result<Self, CloudError> {
        let book = Book::open(documents, clock.business_now())
            .map_err(|error| CloudError::Scheduler(error.to_string()))?;
        Ok(Self(Arc::new(Inner {
            clock,
            book: Mutex::new(book),
            edited: watch::Sender::new(()),
            begun: AtomicU64::new(0),
            ended: watch::Sender::new(0),
            stop,
        })))
    }

    /// Starts firing; what fell due while the process was down is delivered first.
    pub(crate) fn fire(&self, on_fire: OnFire) -> JoinHandle<()> {
        tokio::spawn(engine::run(self.clone(), on_fire))
    }

    /// Waits until everything due at the present business time has been delivered or given up.
    /// Await it after each move of the clock: a move back that is followed by a move forward before
    /// the first was seen would leave the schedules at the later time.
    pub async fn caught_up(&self) {
        let mut ended = self.0.ended.subscribe();
        // A pass that began before this call may have read an older time.
        let needed = self.0.begun.load(Ordering::SeqCst) + 1;
        self.0.edited.send_replace(());
        // The sender lives in self: it cannot be gone.
        if ended.wait_for(|ended| *ended >= needed).await.is_err() {
            tracing::error!("scheduler is gone");
        }
    }

    /// When the next schedule fires after this, if any does, of those whose firings are delivered however
    /// late. The others need no stop of the clock: passed over, they fire once, with a time that is
    /// not too old, or not at all.
    ///
    /// # Errors
    /// When a stored expression cannot be read.
    pub fn next_due_after(&self, moment: Timestamp) -> Result<Option<Timestamp>, CloudError> {
        let earliest = self.book().earliest_that_waits(moment);
        let earliest = earliest.map_err(|error| CloudError::Scheduler(error.to_string()))?;
        Ok(earliest.map(|due| due.at))
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.0.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn edit<T>(
        &self,
        f: impl FnOnce(&mut Book, Timestamp) -> Result<T, SchedulerError>,
    ) -> Result<T, SchedulerError> {
        let now = self.0.clock.business_now();
        let result = f(&mut self.book(), now);
        self.0.edited.send_replace(());
        result
    }

    fn begin_pass(&self) -> u64 {
        self.0.begun.fetch_add(1, Ordering::SeqCst) + 1
    }

    fn end_pass(&self, pass: u64) {
        self.0.ended.send_replace(pass);
    }
}

impl std::fmt::Debug for Scheduler {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Scheduler").finish_non_exhaustive()
    }
}
