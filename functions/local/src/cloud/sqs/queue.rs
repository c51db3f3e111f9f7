use std::collections::{BTreeMap, HashMap};
use std::ops::Bound;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;

use super::message::Message;
use super::settings::Settings;

/// Messages a queue may hold; more is refused.
const MESSAGES_LIMIT: usize = 1_000_000;
/// Messages of a queue that may be in flight at once, as SQS's standard queues.
const IN_FLIGHT_LIMIT: usize = 120_000;

/// One queue: messages wait (delayed until a business time), are ready in order of arrival, or are
/// in flight until a wall time. Time comes in as arguments.
pub(super) struct Queue {
    pub(super) settings: Settings,
    pub(super) purged_at: Option<Instant>,
    /// Marked when a message may have turned ready other than by time.
    pub(super) wake: watch::Sender<()>,
    ready: BTreeMap<u64, Message>,
    delayed: BTreeMap<(Timestamp, u64), Message>,
    in_flight: HashMap<u64, (Instant, Message)>,
    deadlines: BTreeMap<(Instant, u64), ()>,
    next: u64,
}

/// A message handed out, and the handle to delete it by.
pub(super) struct Received {
    pub(super) message: Message,
    pub(super) receipt: String,
}

/// What `receive` took out of the queue.
#[derive(Default)]
pub(super) struct Batch {
    pub(super) received: Vec<Received>,
    /// Received too often: to be moved to the dead-letter queue.
    pub(super) exhausted: Vec<Message>,
}

/// How many messages are where.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Ready to be received.
    pub visible: usize,
    /// Received and neither deleted nor visible again.
    pub in_flight: usize,
    /// Waiting for their delay to pass on the business clock.
    pub delayed: usize,
}

impl Counts {
    /// All of them.
    pub fn total(&self) -> usize {
        self.visible + self.in_flight + self.delayed
    }
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum QueueError {
    Full,
    TooManyInFlight,
    BadReceipt,
    NotInFlight,
}

impl Queue {
    pub(super) fn new(settings: Settings) -> Self {
        Self {
            settings,
            purged_at: None,
            wake: watch::Sender::new(()),
            ready: BTreeMap::new(),
            delayed: BTreeMap::new(),
            in_flight: HashMap::new(),
            deadlines: BTreeMap::new(),
            next: 1,
        }
    }

    pub(super) fn send(
        &mut self,
        message: Message,
        delay: Duration,
        business_now: Timestamp,
    ) -> Result<(), QueueError> {
        if self.ready.len() + self.delayed.len() + self.in_flight.len() >= MESSAGES_LIMIT {
            return Err(QueueError::Full);
        }
        let sequence = self.next;
        self.next += 1;
        let due = SignedDuration::try_from(delay).ok().filter(|delay| !delay.is_zero());
        match due.and_then(|delay| business_now.checked_add(delay).ok()) {
            Some(due) => self.delayed.insert((due, sequence), message),
            None => self.ready.insert(sequence, message),
        };
        self.wake.send_replace(());
        Ok(())
    }

    /// Makes ready what waited long enough.
    fn promote(&mut self, now: Instant, business_now: Timestamp) {
        while let Some(entry) = self.delayed.first_entry() {
            let (due, sequence) = *entry.key();
            if due > business_now {
                break;
            }
            self.ready.insert(sequence, entry.remove());
        }
        while let Some(entry) = self.deadlines.first_entry() {
            let (deadline, sequence) = *entry.key();
            if deadline > now {
                break;
            }
            entry.remove();
            if let Some((_, message)) = self.in_flight.remove(&sequence) {
                self.ready.insert(sequence, message);
            }
        }
    }

    pub(super) fn receive(
        &mut self,
        limit: usize,
        visibility: Duration,
        (now, now_ms): (Instant, i64),
        business_now: Timestamp,
    ) -> Result<Batch, QueueError> {
        self.promote(now, business_now);
        let mut batch = Batch::default();
        // Visible again at once, but not twice in one answer.
        let mut unhidden = Vec::new();
        while batch.received.len() < limit {
            if self.in_flight.len() >= IN_FLIGHT_LIMIT {
                if batch.received.is_empty() {
                    return Err(QueueError::TooManyInFlight);
                }
                break;
            }
            let Some((sequence, mut message)) = self.ready.pop_first() else { break };
            if self
                .settings
                .redrive
                .as_ref()
                .is_some_and(|redrive| message.receive_count >= redrive.max_receive_count)
            {
                batch.exhausted.push(message);
                continue;
            }
            message.receive_count += 1;
            message.first_received_at_ms.get_or_insert(now_ms);
            let receipt = format!("{sequence}-{}-{}", message.receive_count, message.id);
            batch.received.push(Received { message: message.clone(), receipt });
            if visibility.is_zero() {
                unhidden.push((sequence, message));
            } else {
                self.hide(sequence, message, now + visibility);
            }
        }
        self.ready.extend(unhidden);
        Ok(batch)
    }

    fn hide(&mut self, sequence: u64, message: Message, deadline: Instant) {
        self.deadlines.insert((deadline, sequence), ());
        self.in_flight.insert(sequence, (deadline, message));
    }

    /// Deletes the message if the receipt is its latest; a stale receipt deletes nothing and is no
    /// error, as with SQS.
    pub(super) fn delete(&mut self, receipt: &str) -> Result<(), QueueError> {
        let (sequence, count) = parse_receipt(receipt)?;
        if let Some((deadline, message)) = self.in_flight.get(&sequence) {
            if message.receive_count == count {
                self.deadlines.remove(&(*deadline, sequence));
                self.in_flight.remove(&sequence);
            }
        } else if self.ready.get(&sequence).is_some_and(|m| m.receive_count == count) {
            self.ready.remove(&sequence);
        }
        Ok(())
    }

    pub(super) fn change_visibility(
        &mut self,
        receipt: &str,
        visibility: Duration,
        now: Instant,
        business_now: Timestamp,
    ) -> Result<(), QueueError> {
        self.promote(now, business_now);
        let (sequence, count) = parse_receipt(receipt)?;
        match self.in_flight.remove(&sequence) {
            Some((deadline, message)) if message.receive_count == count => {
                self.deadlines.remove(&(deadline, sequence));
                if visibility.is_zero() {
                    self.ready.insert(sequence, message);
                } else {
                    self.hide(sequence, message, now + visibility);
                }
                self.wake.send_replace(());
                Ok(())
            }
            Some(newer) => {
                self.in_flight.insert(sequence, newer);
                Err(QueueError::NotInFlight)
            }
            None => Err(QueueError::NotInFlight),
        }
    }

    pub(super) fn purge(&mut self) {
        self.ready.clear();
        self.delayed.clear();
        self.in_flight.clear();
        self.deadlines.clear();
    }

    pub(super) fn counts(&mut self, now: Instant, business_now: Timestamp) -> Counts {
        self.promote(now, business_now);
        Counts {
            visible: self.ready.len(),
            in_flight: self.in_flight.len(),
            delayed: self.delayed.len(),
        }
    }

    /// When the next message may turn ready by itself: a wall instant and a business time.
    pub(super) fn next_ready(&self) -> (Option<Instant>, Option<Timestamp>) {
        let wall = self.deadlines.first_key_value().map(|((deadline, _), ())| *deadline);
        let business = self.delayed.first_key_value().map(|((due, _), _)| *due);
        (wall, business)
    }

    /// When the next delayed message turns ready after this, in business time.
    pub(super) fn next_delayed_after(&self, moment: Timestamp) -> Option<Timestamp> {
        let later = self.delayed.range((Bound::Excluded((moment, u64::MAX)), Bound::Unbounded));
        later.map(|((due, _), _)| *due).next()
    }

    /// Takes out every ready message, oldest first.
    pub(super) fn take_ready(&mut self) -> Vec<Message> {
        std::mem::take(&mut self.ready).into_values().collect()
    }

    /// Every message, in order of arrival.
    pub(super) fn messages(&self) -> Vec<Message> {
        let ready = self.ready.iter().map(|(sequence, message)| (*sequence, message));
        let delayed = self.delayed.iter().map(|((_, sequence), message)| (*sequence, message));
        let in_flight = self.in_flight.iter().map(|(sequence, (_, message))| (*sequence, message));
        let all: BTreeMap<u64, &Message> = ready.chain(delayed).chain(in_flight).collect();
        all.into_values().cloned().collect()
    }
}

fn parse_receipt(receipt: &str) -> Result<(u64, u32), QueueError> {
    let mut parts = receipt.splitn(3, '-');
    let sequence = parts.next().and_then(|part| part.parse().ok());
    let count = parts.next().and_then(|part| part.parse().ok());
    sequence.zip(count).ok_or(QueueError::BadReceipt)
}
