//! `job-user-reminder`: a reminder's time has come.

use platform::Deps;
use platform::reminders::{self, ReminderError, ReminderInput};
use platform::store::ReminderState;
use serde::Serialize;

/// What an invocation answers.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Answer {
    state: ReminderState,
}

/// Queues the reminder's message, where no earlier firing did.
pub async fn handle(deps: Deps, input: ReminderInput) -> Result<Answer, ReminderError> {
    let brand = deps.brands.get(input.brand_id).await?;
    let brand = brand.ok_or(ReminderError::NoBrand(input.brand_id))?;
    let reminder = reminders::fire(&deps, &brand, input.reminder_id).await?;
    Ok(Answer { state: reminder.state })
}
