use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use platform::Deps;
use platform::clock::Clock as _;
use serde::{Deserialize, Serialize};

use super::functions::{find, invoke};
use super::provision::function_of_arn;
use super::{BusinessClock, SystemError};
use crate::cloud::poller::Poller;
use crate::cloud::scheduler::{OnFire, Scheduler};
use crate::cloud::sqs::Queues;
use crate::cloud::{BoxError, Cloud};
use crate::sandbox::Sandbox;

/// How long a stop of the clock waits for what was set off; then time goes on, as it would.
const DRAIN_LIMIT: Duration = Duration::from_secs(180);

/// A schedule that fired.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Fired {
    /// `job-overdue`.
    pub function: String,
    /// When it was meant to fire.
    pub scheduled_time: Timestamp,
}

/// Where a move of the clock has come to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Progress {
    pub at: Timestamp,
    /// What fired at this stop.
    pub fired: Vec<Fired>,
    /// Messages that the gateways took over since the move began.
    pub messages: u64,
}

/// What a move of the clock set off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    pub from: Timestamp,
    pub to: Timestamp,
    /// Firings by function.
    pub jobs: BTreeMap<String, u64>,
    pub messages: u64,
    /// Stops at which work was left when the waiting ended.
    pub unfinished_stops: u64,
    /// Messages in the dead-letter queues now.
    pub dead_letters: u64,
}

/// Moves the business clock from one thing that is due to the next, and waits at each until
/// everything that came of it is done.
#[derive(Debug, Clone)]
pub struct Driver {
    clock: Arc<BusinessClock>,
    scheduler: Scheduler,
    queues: Queues,
    poller: Poller,
    sandbox: Sandbox,
    fired: Arc<Mutex<Vec<Fired>>>,
    moving: Arc<tokio::sync::Mutex<()>>,
}

impl Driver {
    pub(super) fn new(cloud: &Cloud, clock: Arc<BusinessClock>, sandbox: Sandbox) -> Self {
        Self {
            clock,
            scheduler: cloud.scheduler().clone(),
            queues: cloud.queues().clone(),
            poller: cloud.poller().clone(),
            sandbox,
            fired: Arc::default(),
            moving: Arc::default(),
        }
    }

    /// Invokes the function that a schedule names.
    pub(super) fn on_fire(&self, deps: &Deps) -> OnFire {
        let (deps, fired) = (deps.clone(), self.fired.clone());
        Arc::new(move |firing| {
            let (deps, fired) = (deps.clone(), fired.clone());
            Box::pin(async move {
                let name = function_of_arn(&firing.target_arn);
                let function = find(name)
                    .ok_or_else(|| BoxError::from(format!("there is no function {name}")))?;
                invoke(function, deps, serde_json::from_str(&firing.input)?).await?;
                let function = name.to_owned();
                let scheduled_time = firing.scheduled_time;
                fired
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .push(Fired { function, scheduled_time });
                Ok(())
            })
        })
    }

    /// Business now.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// How far business time is from the machine's.
    pub fn offset(&self) -> jiff::SignedDuration {
        self.clock.offset()
    }

    /// The queues' counts.
    pub fn queues(&self) -> &Queues {
        &self.queues
    }

    /// Waits until nothing is left to do at the present business time: due schedules fired, the
    /// stream read, the queues worked off but for delayed messages, the sandbox's reports told.
    /// False where some of it was left when the waiting ended.
    pub async fn drain(&self) -> bool {
        let drained = tokio::time::timeout(DRAIN_LIMIT, async {
            self.scheduler.caught_up().await;
            loop {
                self.poller.settled().await;
                if self.sandbox.whatsapp.is_idle() {
                    return;
                }
                self.sandbox.whatsapp.settled().await;
            }
        });
        drained.await.is_ok()
    }

    /// Moves business time to `to`. Going forward it stops at each firing of a schedule and at each
    /// delayed message, in order; going back it jumps. `on_stop` hears of each stop and says
    /// whether to go on.
    ///
    /// # Errors
    /// When a move is under way already, `on_stop` ends it, or the clock cannot be kept.
    pub async fn move_to(
        &self,
        to: Timestamp,
        mut on_stop: impl FnMut(Progress) -> bool,
    ) -> Result<Summary, SystemError> {
        let _moving = self.moving.try_lock().map_err(|_| SystemError::Moving)?;
        let from = self.clock.now();
        let messages_before = self.sandbox.messages_taken();
        let mut summary = Summary {
            from,
            to,
            jobs: BTreeMap::new(),
            messages: 0,
            unfinished_stops: 0,
            dead_letters: 0,
        };
        self.take_fired();
        if to < from {
            self.clock.set(to)?;
        }
        loop {
            if !self.drain().await {
                tracing::warn!(at = %self.clock.now(), "work was left, time goes on");
                summary.unfinished_stops += 1;
            }
            let fired = self.take_fired();
            for fired in &fired {
                *summary.jobs.entry(fired.function.clone()).or_default() += 1;
            }
            summary.messages = self.sandbox.messages_taken() - messages_before;
            let now = self.clock.now();
            if !on_stop(Progress { at: now, fired, messages: summary.messages }) {
                return Err(SystemError::Interrupted);
            }
            if now >= to {
                break;
            }
            self.clock.set(self.next_stop(now, to)?)?;
        }
        let counts = self.queues.counts();
        let dead = counts.iter().filter(|queue| queue.dead_letter);
        let dead: usize = dead.map(|queue| queue.counts.total()).sum();
        summary.dead_letters = u64::try_from(dead).unwrap_or(u64::MAX);
        Ok(summary)
    }

    fn next_stop(&self, now: Timestamp, to: Timestamp) -> Result<Timestamp, SystemError> {
        let next = self.scheduler.next_due()?.into_iter().chain(self.queues.next_delayed()).min();
        // What is due already would have been done: it failed, and is not waited for again.
        Ok(next.filter(|next| *next > now).unwrap_or(to).min(to))
    }

    fn take_fired(&self) -> Vec<Fired> {
        std::mem::take(&mut *self.fired.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
