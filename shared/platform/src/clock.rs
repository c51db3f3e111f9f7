//! Time as an argument: the business clock, which can be moved on one machine, and the wall clock.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// Where the time comes from.
pub trait Clock: fmt::Debug + Send + Sync {
    /// The instant that business dates, schedules and record times are taken from.
    fn now(&self) -> Timestamp;
    /// The instant that tokens, rate limits and leases are measured by; never moved.
    fn wall(&self) -> Timestamp;
}

/// The machine's clock, for both.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        self.wall()
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "the one place where the machine's clock is read"
    )]
    fn wall(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// A business clock that runs at the machine's pace from a movable offset. Its clones share the
/// offset.
#[derive(Debug, Clone, Default)]
pub struct MovableClock {
    offset_micros: Arc<AtomicI64>,
}

impl MovableClock {
    pub fn with_offset(offset: SignedDuration) -> Self {
        let clock = Self::default();
        clock.set_offset(offset);
        clock
    }

    pub fn offset(&self) -> SignedDuration {
        SignedDuration::from_micros(self.offset_micros.load(Ordering::SeqCst))
    }

    pub fn set_offset(&self, offset: SignedDuration) {
        let micros = i64::try_from(offset.as_micros()).unwrap_or(i64::MAX);
        self.offset_micros.store(micros, Ordering::SeqCst);
    }

    /// Moves the business clock to `instant`.
    pub fn set(&self, instant: Timestamp) {
        self.set_offset(instant.duration_since(self.wall()));
    }
}

impl Clock for MovableClock {
    fn now(&self) -> Timestamp {
        let wall = self.wall();
        wall.checked_add(self.offset()).unwrap_or(wall)
    }

    fn wall(&self) -> Timestamp {
        SystemClock.wall()
    }
}

/// The calendar date at `instant` in a timezone: the business date.
pub fn business_date(instant: Timestamp, timezone: &TimeZone) -> Date {
    instant.to_zoned(timezone.clone()).date()
}

/// The instant at which a calendar date begins in a timezone; `None` outside the calendar's range.
pub fn midnight(date: Date, timezone: &TimeZone) -> Option<Timestamp> {
    date.to_zoned(timezone.clone()).ok().map(|start| start.timestamp())
}
