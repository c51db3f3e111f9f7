//! SQS's standard queues in memory, over its JSON protocol: send, receive with long poll and
//! visibility timeout, delays, batches, dead letters. A message's delay elapses on the business
//! clock; everything else on wall time. What reaches a dead-letter queue is also kept on disk.

mod http;
mod message;
mod queue;
mod settings;
mod wire;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::sync::{mpsc, watch};

pub(crate) use http::router;
use message::Message;
pub use queue::Counts;
use queue::{Queue, Received};
use settings::Settings;
use wire::SqsError;

use super::{ACCOUNT, Clock, Documents};

/// Queues there may be.
const QUEUES_LIMIT: usize = 1_000;
const NAME_LIMIT_CHARS: usize = 80;
/// A second purge of the same queue within this time is refused, as by SQS.
const PURGE_PAUSE: Duration = Duration::from_secs(60);
/// How often a waiting receive looks again when only the business clock can release a message.
const DELAY_LOOK: Duration = Duration::from_secs(1);
const DEAD_LETTERS: &str = "dead-letters";

/// All queues of the cloud.
#[derive(Clone)]
pub struct Queues(Arc<Inner>);

struct Inner {
    url: String,
    clock: Arc<dyn Clock>,
    documents: Documents,
    queues: Mutex<BTreeMap<String, Queue>>,
    /// Marked whenever a count changed other than by time.
    changed: watch::Sender<()>,
    stop: watch::Receiver<bool>,
    /// Who reads along, if anybody.
    reader: Mutex<Option<mpsc::UnboundedSender<String>>>,
}

/// One queue's name and counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueCounts {
    /// The queue's name.
    pub name: String,
    /// Whether other queues send their dead letters here.
    pub dead_letter: bool,
    /// Messages by state.
    pub counts: Counts,
}

/// How a receive call reads the queue.
struct Receive {
    limit: usize,
    visibility: Option<i64>,
    wait: Option<i64>,
}

impl Queues {
    pub(crate) fn new(
        url: String,
        clock: Arc<dyn Clock>,
        documents: Documents,
        stop: watch::Receiver<bool>,
    ) -> Self {
        let changed = watch::Sender::new(());
        let (queues, reader) = (Mutex::default(), Mutex::default());
        Self(Arc::new(Inner { url, clock, documents, queues, changed, stop, reader }))
    }

    /// Every queue's counts, by name.
    pub fn counts(&self) -> Vec<QueueCounts> {
        let (now, business_now) = self.now();
        let mut queues = self.lock();
        let targets = dead_letter_targets(&queues);
        queues
            .iter_mut()
            .map(|(name, queue)| QueueCounts {
                name: name.clone(),
                dead_letter: targets.contains(name),
                counts: queue.counts(now, business_now),
            })
            .collect()
    }

    /// Whether no queue but the dead-letter queues holds any message, delayed ones included.
    pub fn drained(&self) -> bool {
        self.counts().iter().all(|queue| queue.dead_letter || queue.counts.total() == 0)
    }

    /// Whether no message is ready or in flight, dead letters aside; delayed ones may wait.
    pub fn idle(&self) -> bool {
        let busy = |counts: Counts| counts.visible + counts.in_flight > 0;
        self.counts().iter().all(|queue| queue.dead_letter || !busy(queue.counts))
    }

    /// Marked changed after every send, delete and return of a message.
    pub fn changed(&self) -> watch::Receiver<()> {
        self.0.changed.subscribe()
    }

    /// When the next delayed message turns ready after this, on the business clock.
    pub fn next_delayed_after(&self, moment: Timestamp) -> Option<Timestamp> {
        self.lock().values().filter_map(|queue| queue.next_delayed_after(moment)).min()
    }

    /// The bodies of all messages that are sent from now on, whoever receives them: for tests of
    /// what leaves the system. Whoever read along before no longer does.
    pub fn read_along(&self) -> mpsc::UnboundedReceiver<String> {
        let (sender, receiver) = mpsc::unbounded_channel();
        *self.0.reader.lock().unwrap_or_else(PoisonError::into_inner) = Some(sender);
        receiver
    }

    fn url(&self, name: &str) -> String {
        format!("{}/{ACCOUNT}/{name}", self.0.url)
    }

    fn now(&self) -> (Instant, Timestamp) {
        (Instant::now(), self.0.clock.business_now())
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Queue>> {
        self.0.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs `f` on the queue a URL names (by its last segment: ports may differ between starts).
    fn on<T>(
        &self,
        url: &str,
        f: impl FnOnce(&str, &mut Queue) -> Result<T, SqsError>,
    ) -> Result<T, SqsError> {
        let name = url.rsplit('/').next().unwrap_or_default();
        match self.lock().get_mut(name) {
            Some(queue) => f(name, queue),
            None => Err(SqsError::no_such_queue(name)),
        }
    }

    /// As [`Queues::on`], and marks that counts changed.
    fn change<T>(
        &self,
        url: &str,
        f: impl FnOnce(&str, &mut Queue) -> Result<T, SqsError>,
    ) -> Result<T, SqsError> {
        let result = self.on(url, f);
        self.0.changed.send_replace(());
        result
    }

    fn create(
        &self,
        name: &str,
        attributes: &BTreeMap<String, String>,
    ) -> Result<String, SqsError> {
        let valid = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if name.is_empty() || name.len() > NAME_LIMIT_CHARS || !name.chars().all(valid) {
            return Err(SqsError::invalid_parameter(
                "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length"
                    .to_owned(),
            ));
        }
        let settings = Settings::default().with(attributes)?;
        let kept: Vec<Message> =
            self.0.documents.get(DEAD_LETTERS, name).map_err(internal)?.unwrap_or_default();
        let mut queues = self.lock();
        check_dead_letter_queue(&queues, &settings)?;
        if let Some(queue) = queues.get(name) {
            // Attributes that are not named are not compared.
            return if queue.settings.with(attributes)? == queue.settings {
                Ok(self.url(name))
            } else {
                Err(SqsError::queue_exists(name))
            };
        }
        if queues.len() >= QUEUES_LIMIT {
            return Err(SqsError::invalid_parameter(format!("at most {QUEUES_LIMIT} queues")));
        }
        let mut queue = Queue::new(settings);
        for message in kept {
            queue.send(message, Duration::ZERO, self.0.clock.business_now())?;
        }
        queues.insert(name.to_owned(), queue);
        Ok(self.url(name))
    }

    fn set_attributes(
        &self,
        url: &str,
        attributes: &BTreeMap<String, String>,
    ) -> Result<(), SqsError> {
        let settings = self.on(url, |_, queue| queue.settings.with(attributes))?;
        check_dead_letter_queue(&self.lock(), &settings)?;
        self.change(url, |_, queue| {
            queue.settings = settings;
            Ok(())
        })
    }

    fn delete_queue(&self, url: &str) -> Result<(), SqsError> {
        let name = url.rsplit('/').next().unwrap_or_default();
        if self.lock().remove(name).is_none() {
            return Err(SqsError::no_such_queue(name));
        }
        self.0.documents.delete(DEAD_LETTERS, name).map_err(internal)?;
        self.0.changed.send_replace(());
        Ok(())
    }

    fn purge(&self, url: &str) -> Result<(), SqsError> {
        self.change(url, |name, queue| {
            if queue.purged_at.is_some_and(|at| at.elapsed() < PURGE_PAUSE) {
                return Err(SqsError::purge_in_progress(name));
            }
            queue.purge();
            queue.purged_at = Some(Instant::now());
            Ok(())
        })?;
        self.keep_dead_letters(url)
    }

    fn send(&self, url: &str, message: Message, delay: Option<i64>) -> Result<(), SqsError> {
        let business_now = self.0.clock.business_now();
        let mut reader = self.0.reader.lock().unwrap_or_else(PoisonError::into_inner);
        if reader.as_ref().is_some_and(|reader| reader.send(message.body.clone()).is_err()) {
            *reader = None;
        }
        drop(reader);
        self.change(url, |_, queue| {
            let limit = queue.settings.message_limit_bytes;
            if message.size_bytes() > usize::try_from(limit).unwrap_or(usize::MAX) {
                return Err(SqsError::too_long(limit));
            }
            let delay = settings::delay(delay, &queue.settings)?;
            Ok(queue.send(message, delay, business_now)?)
        })?;
        self.keep_dead_letters(url)
    }

    /// Waits for messages as long as the call asks.
    async fn receive(&self, url: &str, receive: &Receive) -> Result<Vec<Received>, SqsError> {
        let (wait, mut wake) = self.on(url, |_, queue| {
            let wait = settings::wait(receive.wait, &queue.settings)?;
            Ok((wait, queue.wake.subscribe()))
        })?;
        let deadline = Instant::now() + wait;
        let mut moved = self.0.clock.changed();
        loop {
            wake.mark_unchanged();
            moved.mark_unchanged();
            let (received, look_again) = self.try_receive(url, receive)?;
            if !received.is_empty() || Instant::now() >= deadline || *self.0.stop.borrow() {
                return Ok(received);
            }
            let until = look_again.map_or(deadline, |at| at.min(deadline));
            let mut stop = self.0.stop.clone();
            tokio::select! {
                () = tokio::time::sleep_until(until.into()) => {}
                _ = wake.changed() => {}
                _ = moved.changed() => {}
                _ = stop.changed() => {}
            }
        }
    }

    /// One look: what is ready, and when to look again if nothing is.
    fn try_receive(
        &self,
        url: &str,
        receive: &Receive,
    ) -> Result<(Vec<Received>, Option<Instant>), SqsError> {
        let (now, business_now) = self.now();
        let now_ms = Timestamp::now().as_millisecond();
        let name = url.rsplit('/').next().unwrap_or_default();
        let mut queues = self.lock();
        let queue = queues.get_mut(name).ok_or_else(|| SqsError::no_such_queue(name))?;
        let visibility = settings::visibility(receive.visibility, &queue.settings)?;
        let batch = queue.receive(receive.limit, visibility, (now, now_ms), business_now)?;
        let (wall, business) = queue.next_ready();
        let business = business.map(|due| {
            let left = Duration::try_from(due.duration_since(business_now)).unwrap_or_default();
            now + left.min(DELAY_LOOK)
        });
        let look_again = wall.into_iter().chain(business).min();
        let target = queue.settings.dead_letter_queue().map(str::to_owned);
        if batch.exhausted.is_empty() {
            return Ok((batch.received, look_again));
        }
        // A dead-letter queue that was deleted meanwhile: the messages stay where they are.
        let target = target.filter(|target| queues.contains_key(target));
        for mut message in batch.exhausted {
            tracing::warn!(queue = name, message = message.id, "message moved to the dead letters");
            if target.is_some() {
                message.dead_letter_source = Some(settings::arn(name));
            }
            if let Some(queue) = queues.get_mut(target.as_deref().unwrap_or(name)) {
                queue.send(message, Duration::ZERO, business_now)?;
            }
        }
        drop(queues);
        if let Some(target) = target {
            self.keep_dead_letters(&target)?;
        }
        self.0.changed.send_replace(());
        Ok((batch.received, look_again))
    }

    fn delete(&self, url: &str, receipt: &str) -> Result<(), SqsError> {
        self.change(url, |_, queue| Ok(queue.delete(receipt)?))?;
        self.keep_dead_letters(url)
    }

    fn change_visibility(
        &self,
        url: &str,
        receipt: &str,
        seconds: Option<i64>,
    ) -> Result<(), SqsError> {
        let (now, business_now) = self.now();
        self.change(url, |_, queue| {
            let visibility = settings::visibility(seconds, &queue.settings)?;
            Ok(queue.change_visibility(receipt, visibility, now, business_now)?)
        })
    }

    /// Moves the ready messages of a dead-letter queue back to where they came from, or to
    /// `destination`. Answers how many.
    fn redrive(&self, source: &str, destination: Option<&str>) -> Result<usize, SqsError> {
        let source = source.rsplit(':').next().unwrap_or_default();
        let (now, business_now) = self.now();
        let mut queues = self.lock();
        let queue = queues.get_mut(source).ok_or_else(|| SqsError::no_such_queue(source))?;
        queue.counts(now, business_now);
        let messages = queue.take_ready();
        let count = messages.len();
        for mut message in messages {
            let target = destination.or(message.dead_letter_source.as_deref());
            let name = target.and_then(|arn| arn.rsplit(':').next()).unwrap_or(source).to_owned();
            let name = if queues.contains_key(&name) { name } else { source.to_owned() };
            if name != source {
                message.receive_count = 0;
                message.dead_letter_source = None;
            }
            if let Some(queue) = queues.get_mut(&name) {
                queue.send(message, Duration::ZERO, business_now)?;
            }
        }
        drop(queues);
        self.keep_dead_letters(source)?;
        self.0.changed.send_replace(());
        Ok(count)
    }

    /// Writes a dead-letter queue to disk: what failed for good must not vanish with the process.
    fn keep_dead_letters(&self, url: &str) -> Result<(), SqsError> {
        let name = url.rsplit('/').next().unwrap_or_default();
        let queues = self.lock();
        if !dead_letter_targets(&queues).contains(name) {
            return Ok(());
        }
        let Some(queue) = queues.get(name) else { return Ok(()) };
        self.0.documents.put(DEAD_LETTERS, name, &queue.messages()).map_err(internal)
    }
}

fn dead_letter_targets(queues: &BTreeMap<String, Queue>) -> BTreeSet<String> {
    let targets = queues.values().filter_map(|queue| queue.settings.dead_letter_queue());
    targets.map(str::to_owned).collect()
}

fn check_dead_letter_queue(
    queues: &BTreeMap<String, Queue>,
    settings: &Settings,
) -> Result<(), SqsError> {
    match settings.dead_letter_queue() {
        Some(name) if !queues.contains_key(name) => Err(SqsError::invalid_parameter(format!(
            "Value for parameter RedrivePolicy is invalid. Reason: Dead letter target does not exist: {name}"
        ))),
        Some(_) | None => Ok(()),
    }
}

fn internal(error: impl std::fmt::Display) -> SqsError {
    SqsError::internal(error.to_string())
}

impl std::fmt::Debug for Queues {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Queues").field("url", &self.0.url).finish_non_exhaustive()
    }
}
