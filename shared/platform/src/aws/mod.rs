//! The other AWS services, each behind the few calls that we make.

mod bucket;
mod kms;
mod queues;
mod schedules;

pub use bucket::{Bucket, BucketError};
pub use kms::Kms;
pub use queues::{DELAY_LIMIT_SECONDS, Queue, QueueError, QueueUrls, Queues};
pub use schedules::{Schedule, ScheduleError, Schedules};
