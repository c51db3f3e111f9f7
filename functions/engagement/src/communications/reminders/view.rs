use domain::dunning::{Channel, TemplateText};
use domain::ids::{CommunicationId, CustomerId, LoanId, ReminderId};
use jiff::Timestamp;
use jiff::civil::DateTime;
use platform::store::{ReminderState, UserReminder};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A message to be sent at a time.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = UserReminder)]
pub struct ReminderView {
    #[schema(value_type = String, example = "rem_01JZ0000000000000000000000")]
    pub id: ReminderId,
    #[schema(value_type = String)]
    pub customer_id: CustomerId,
    #[schema(value_type = Option<String>)]
    pub loan_id: Option<LoanId>,
    #[schema(value_type = String, example = "WHATSAPP")]
    pub channel: Channel,
    #[schema(value_type = String, example = "Olá, {name}! Combinamos de falar hoje.")]
    pub text: TemplateText,
    /// By the brand's clock.
    #[schema(value_type = String, example = "2026-03-12T10:00:00")]
    pub remind_at: DateTime,
    /// The same as an instant.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// SCHEDULING, SCHEDULED or FIRED.
    #[schema(value_type = String, example = "SCHEDULED")]
    pub state: ReminderState,
    /// The message, once it has fired.
    #[schema(value_type = Option<String>)]
    pub communication_id: Option<CommunicationId>,
    pub created_by: String,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub fired_at: Option<Timestamp>,
}

impl From<&UserReminder> for ReminderView {
    fn from(reminder: &UserReminder) -> Self {
        let has_fired = reminder.state == ReminderState::Fired;
        Self {
            id: reminder.id,
            customer_id: reminder.customer,
            loan_id: reminder.loan,
            channel: reminder.channel,
            text: reminder.text.clone(),
            remind_at: reminder.local,
            at: reminder.at,
            state: reminder.state,
            communication_id: has_fired.then(|| reminder.communication()),
            created_by: reminder.created_by.clone(),
            created_at: reminder.created_at,
            fired_at: reminder.fired_at,
        }
    }
}
