use std::io;
use std::path::PathBuf;
use std::sync::Mutex;

use jiff::{SignedDuration, Timestamp};
use platform::clock::{Clock, MovableClock};
use tokio::sync::watch;

use super::private;

const CLOCK_FILE: &str = "clock.json";

/// The business clock of the system: runs at the machine's pace from an offset that is kept in the
/// data folder. The schedules, the queues' delays and the functions all follow it.
#[derive(Debug)]
pub struct BusinessClock {
    movable: MovableClock,
    moved: watch::Sender<()>,
    file: PathBuf,
    /// One move at a time, so that file and memory agree.
    moving: Mutex<()>,
}

impl BusinessClock {
    /// The clock as an earlier run left it.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn open(data_dir: &std::path::Path) -> io::Result<Self> {
        let file = data_dir.join(CLOCK_FILE);
        let micros: i64 = private::read_json(&file)?.unwrap_or(0);
        Ok(Self {
            movable: MovableClock::with_offset(SignedDuration::from_micros(micros)),
            moved: watch::Sender::new(()),
            file,
            moving: Mutex::default(),
        })
    }

    /// How far business time is from the machine's.
    pub fn offset(&self) -> SignedDuration {
        self.movable.offset()
    }

    /// Moves business time; the new offset is on disk when this returns.
    ///
    /// # Errors
    /// Where the file cannot be written; the clock stays as it was.
    pub fn set(&self, instant: Timestamp) -> io::Result<()> {
        let _moving = self.moving.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let offset = instant.duration_since(self.movable.wall());
        let micros = i64::try_from(offset.as_micros()).unwrap_or(i64::MAX);
        private::write_json(&self.file, &micros)?;
        self.movable.set_offset(SignedDuration::from_micros(micros));
        self.moved.send_replace(());
        Ok(())
    }
}

impl Clock for BusinessClock {
    fn now(&self) -> Timestamp {
        self.movable.now()
    }

    fn wall(&self) -> Timestamp {
        self.movable.wall()
    }
}

impl crate::cloud::Clock for BusinessClock {
    fn business_now(&self) -> Timestamp {
        self.movable.now()
    }

    fn changed(&self) -> watch::Receiver<()> {
        self.moved.subscribe()
    }
}
