//! What a function works with, wired once at its start.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use ulid::Ulid;

use crate::aws::{Bucket, Queues, Schedules};
use crate::clock::{Clock, business_date};
use crate::config::Config;
use crate::store::{Brand, Brands, Table};

/// The dependencies of every function, cheap to clone.
#[derive(Debug, Clone)]
pub struct Deps {
    pub config: Arc<Config>,
    pub clock: Arc<dyn Clock>,
    pub table: Table,
    pub brands: Brands,
    pub queues: Queues,
    pub bucket: Bucket,
    pub schedules: Schedules,
}

impl Deps {
    /// The business clock's instant.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Today in the brand's timezone.
    pub fn today(&self, brand: &Brand) -> Date {
        business_date(self.now(), &brand.timezone)
    }

    /// A new unique id, ordered by the business clock.
    pub fn ulid(&self) -> Ulid {
        let millis = u64::try_from(self.now().as_millisecond()).unwrap_or(0);
        Ulid::from_parts(millis, rand::random())
    }
}
