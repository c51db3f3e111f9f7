//! Messages that staff have sent at a time of their choice.

pub(super) mod audit;
pub(super) mod create;
pub(super) mod list;
pub(super) mod metrics;
mod view;

use platform::aws::ScheduleError;
use platform::http::ApiError;
use platform::reminders::ReminderError;

pub use create::CreateReminder;
pub use list::ListReminders;
pub use metrics::ReminderMetricsView;
pub use view::ReminderView;

/// 503 where the scheduler does not answer: the same request completes the reminder.
fn refusal(error: ReminderError) -> ApiError {
    match error {
        ReminderError::NoReminder(_) => ApiError::not_found(),
        ReminderError::Schedule(ScheduleError::Unavailable(_)) | ReminderError::Busy => {
            ApiError::unavailable(error.to_string())
        }
        ReminderError::Store(error) => error.into(),
        ReminderError::Schedule(ScheduleError::Refused { .. })
        | ReminderError::NoBrand(_)
        | ReminderError::Text(_) => ApiError::internal_from(&error),
    }
}
