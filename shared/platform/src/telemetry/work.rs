//! One piece of work of a function: a request, a run of a job, a message, some records of the
//! stream. What is measured of it is written when it ends.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rust_decimal::Decimal;
use tokio::time::Instant;

use super::metrics::{Dimensions, Measure, Unit, metrics};
use super::spans::{self, Span};
use super::trace::Trace;
use crate::clock::{Clock as _, SystemClock};
use crate::store::Consumed;

tokio::task_local! {
    static CURRENT: Arc<Work>;
}

/// How a piece of work ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Done,
    Failed,
    /// A request with its answer's status.
    Answered(u16),
}

/// A piece of work under way.
#[derive(Debug)]
pub(crate) struct Work {
    trace: Trace,
    started: Instant,
    consumed: Mutex<Consumed>,
    span: Span,
}

impl Work {
    /// Begins a piece of work of this kind.
    pub(crate) fn begin(kind: &'static str, trace: Trace) -> Arc<Self> {
        let (span, trace) = Span::open(kind, trace);
        Arc::new(Self { trace, started: Instant::now(), consumed: Mutex::default(), span })
    }

    pub(super) fn current() -> Option<Arc<Self>> {
        CURRENT.try_with(Arc::clone).ok()
    }

    /// Adds to what the work that is under way here has consumed of the table.
    pub(crate) fn consume(consumed: Consumed) {
        if let Some(work) = Self::current() {
            work.consumed.lock().unwrap_or_else(PoisonError::into_inner).add(consumed);
        }
    }

    pub(crate) fn trace(&self) -> &Trace {
        &self.trace
    }

    /// Does a part of the work.
    pub(crate) fn run<F: Future>(self: &Arc<Self>, part: F) -> impl Future<Output = F::Output> {
        CURRENT.scope(Arc::clone(self), part)
    }

    /// Writes what was measured, and answers how long it took.
    pub(crate) fn end(&self, end: End) -> Duration {
        let took = self.started.elapsed();
        let consumed = *self.consumed.lock().unwrap_or_else(PoisonError::into_inner);
        let mut measures = Vec::new();
        if let End::Answered(_) = end {
            measures.push(Measure::count("Requests", 1));
            measures.push(Measure::millis("Latency", took));
        }
        for (name, units) in
            [("ReadUnits", consumed.read_units), ("WriteUnits", consumed.write_units)]
        {
            if units > Decimal::ZERO {
                measures.push(Measure::units(name, units));
            }
        }
        metrics(Dimensions::here(""), SystemClock.wall(), &measures);
        spans::close(&self.span, &self.trace, end);
        took
    }
}

impl Measure {
    fn millis(name: &'static str, took: Duration) -> Self {
        Self::new(name, super::millis(took), Unit::Milliseconds)
    }

    /// Capacity units come in halves.
    fn units(name: &'static str, units: Decimal) -> Self {
        let number = units.normalize().to_string().parse::<serde_json::Number>();
        Self::new(name, number.unwrap_or_else(|_| 0.into()), Unit::Count)
    }
}
