use jiff::Timestamp;
use tokio::sync::watch;

/// The movable time that schedules and message delays follow.
///
/// Visibility timeouts, long polls, presigned URLs and item expiry keep wall time: they guard real
/// processes, which do not run faster when the business day is moved.
pub trait Clock: Send + Sync + 'static {
    /// Business now.
    fn business_now(&self) -> Timestamp;

    /// A receiver marked changed at each jump of business time, forward or back. Time that merely
    /// passes needs no mark.
    fn changed(&self) -> watch::Receiver<()>;
}
