//! The other AWS services, each behind the few calls that we make.

mod bucket;
mod lazy;
mod queues;
mod schedules;
pub mod sdk;

pub use bucket::{Bucket, BucketError};
pub use lazy::Lazy;
pub use queues::{DELAY_LIMIT_SECONDS, Queue, QueueError, QueueUrls, Queues};
pub use schedules::{Schedule, ScheduleError, Schedules};
