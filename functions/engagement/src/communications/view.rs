use connectors::whatsapp::ConnectionState;
use domain::dunning::{Channel, Kind, Status};
use domain::ids::{CommunicationId, CustomerId, InvoiceId, LoanId};
use jiff::Timestamp;
use jiff::civil::Date;
use platform::store::{Communication, WhatsappInstance};
use serde::Serialize;
use utoipa::ToSchema;

/// A message to a borrower.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Communication)]
pub struct CommunicationView {
    #[schema(value_type = String,
        example = "com_loan_01JZ0000000000000000000000_01JZ0000000000000000000001")]
    pub id: CommunicationId,
    #[schema(value_type = Option<String>)]
    pub loan_id: Option<LoanId>,
    #[schema(value_type = String)]
    pub customer_id: CustomerId,
    #[schema(value_type = String, example = "WHATSAPP")]
    pub channel: Channel,
    /// DUNNING, REMINDER or MANUAL.
    #[schema(value_type = String, example = "DUNNING")]
    pub kind: Kind,
    /// The business date that a job's message is about.
    #[schema(value_type = Option<String>, format = Date)]
    pub date: Option<Date>,
    /// Of a reminder: the invoice that is to fall due.
    #[schema(value_type = Option<String>)]
    pub invoice_id: Option<InvoiceId>,
    /// In lists with `{name}` where the borrower's name stands.
    pub text: String,
    /// QUEUED, SENDING, SENT, DELIVERED, READ, FAILED or SUPPRESSED.
    #[schema(value_type = String, example = "DELIVERED")]
    pub status: Status,
    /// When it reached each status, in order.
    pub steps: Vec<StepView>,
    /// Why it failed, was suppressed, or waits for another try.
    pub reason: Option<ReasonView>,
    /// How often it was handed to the provider.
    pub attempts: u32,
    /// Its turn at the WhatsApp instance, while it waits.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub scheduled_for: Option<Timestamp>,
    #[schema(example = "job:charge-messages")]
    pub requested_by: String,
    /// The message that this one repeats.
    #[schema(value_type = Option<String>)]
    pub resend_of: Option<CommunicationId>,
    /// The message that repeats this one.
    #[schema(value_type = Option<String>)]
    pub resent_as: Option<CommunicationId>,
    /// The WhatsApp number it leaves from; absent in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance: Option<InstanceView>,
}

/// The text may name the borrower.
impl std::fmt::Debug for CommunicationView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CommunicationView").field("id", &self.id).finish_non_exhaustive()
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CommunicationStep)]
pub struct StepView {
    #[schema(value_type = String, example = "SENT")]
    pub status: Status,
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CommunicationReason)]
pub struct ReasonView {
    #[schema(example = "NUMBER_NOT_ON_WHATSAPP")]
    pub code: String,
    pub message: String,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = WhatsappInstance)]
pub struct InstanceView {
    pub name: String,
    /// OPEN, CONNECTING, CLOSED or UNKNOWN, as the gateway last reported it.
    #[schema(value_type = Option<String>, example = "OPEN")]
    pub connection: Option<ConnectionState>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub connection_at: Option<Timestamp>,
}

impl From<&Communication> for CommunicationView {
    fn from(stored: &Communication) -> Self {
        let mut steps: Vec<StepView> =
            stored.times.iter().map(|(status, at)| StepView { status: *status, at: *at }).collect();
        steps.sort_by_key(|step| (step.at, step.status));
        let waits = stored.status == Status::Queued;
        Self {
            id: stored.id,
            loan_id: stored.loan(),
            customer_id: stored.customer,
            channel: stored.channel,
            kind: stored.kind,
            date: stored.date,
            invoice_id: stored
                .loan()
                .zip(stored.invoice)
                .map(|(loan, number)| InvoiceId { loan, number }),
            text: stored.body.as_str().to_owned(),
            status: stored.status,
            steps,
            reason: stored
                .reason
                .clone()
                .map(|reason| ReasonView { code: reason.code, message: reason.message }),
            attempts: stored.attempts,
            scheduled_for: stored.slot.or(stored.not_before).filter(|_| waits),
            requested_by: stored.requested_by.clone(),
            resend_of: stored.resend_of,
            resent_as: stored.resent_as,
            instance: None,
        }
    }
}

impl From<WhatsappInstance> for InstanceView {
    fn from(instance: WhatsappInstance) -> Self {
        let WhatsappInstance { name, connection, connection_at, .. } = instance;
        Self { name, connection, connection_at }
    }
}
