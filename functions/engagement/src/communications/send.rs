use axum::extract::State;
use axum::response::Response;
use domain::dunning::{Channel, Kind, Statement, TemplateError, TemplateText};
use domain::ids::{CommunicationId, CustomerId, LoanId, MessageSubject, TemplateId};
use garde::Validate;
use http::StatusCode;
use platform::Deps;
use platform::auth::Allowed;
use platform::auth::permission::SendCommunications;
use platform::http::{ApiError, ErrorBody, FieldError, Idempotent, RequestId, once};
use platform::store::{Brand, Communication, Customers, Effect, Loans, Templates};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{CommunicationView, event};

/// A message to be sent: to a customer or about a loan, by a template or in words of its own.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub struct SendCommunication {
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "loan_01JZ0000000000000000000000")]
    pub loan_id: Option<LoanId>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub customer_id: Option<CustomerId>,
    /// WHATSAPP where it is left out. A text message needs a template that the provider has.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "WHATSAPP")]
    pub channel: Option<Channel>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub template_id: Option<TemplateId>,
    /// May have the placeholders of a template; those with figures need a loan.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "Olá, {name}! Recebemos seu documento.")]
    pub text: Option<TemplateText>,
}

/// Send a message
///
/// It is queued, and leaves in the brand's pace within the hours in which borrowers may be
/// contacted; figures are those of the day it leaves.
#[utoipa::path(
    post,
    path = "/api/v1/partner/brand/{brandId}/communications/send",
    operation_id = "send_communication",
    tag = "communications",
    request_body = SendCommunication,
    params(("Idempotency-Key" = String, Header, description = "names this intent")),
    responses(
        (status = 201, description = "the queued message", body = CommunicationView),
        (status = 422, description = "the key was used for another request", body = ErrorBody),
    )
)]
pub(super) async fn send(
    allowed: Allowed<SendCommunications>,
    State(deps): State<Deps>,
    request_id: RequestId,
    request: Idempotent<SendCommunication>,
) -> Result<Response, ApiError> {
    let (brand, actor) = (&allowed.brand, allowed.actor.id);
    once(&deps, brand.id, actor, Some(&request.intent), async |once| {
        let message = message_of(&deps, brand, request.body, actor.to_string()).await?;
        let effect = Effect::new(actor.to_string(), "communications:send", message.id)
            .after("customer", message.customer);
        let view = CommunicationView::from(&message);
        let tx = deps
            .table
            .tx()
            .create("communication", &message)
            .create("event", &event(&deps, brand, effect, &request_id));
        once.complete(tx, StatusCode::CREATED, &view)?.commit().await?;
        Ok((StatusCode::CREATED, view))
    })
    .await
}

async fn message_of(
    deps: &Deps,
    brand: &Brand,
    body: SendCommunication,
    actor: String,
) -> Result<Communication, ApiError> {
    let (subject, customer, statement) =
        addressee(deps, brand, body.loan_id, body.customer_id).await?;
    let channel = body.channel.unwrap_or(Channel::Whatsapp);
    let Wording { field, text, registered } =
        wording(deps, brand, channel, body.template_id, body.text).await?;
    let rendered = text
        .render(brand.message_style(), statement.as_ref())
        .map_err(|error: TemplateError| ApiError::invalid_field(field, error.to_string()))?;
    let id = CommunicationId { subject, message: deps.ulid() };
    let now = deps.now();
    let mut message =
        Communication::queued(brand.id, id, customer, Kind::Manual, rendered, actor, now);
    message.version = 1;
    message.channel = channel;
    // The provider of text messages is given the values of the text's places, so it is kept whole.
    message.source = (text.has_figures() || registered.is_some()).then_some(text);
    message.registered = registered;
    Ok(message)
}

/// Whom a message is to, what it is about, and what is due then.
pub(super) async fn addressee(
    deps: &Deps,
    brand: &Brand,
    loan: Option<LoanId>,
    customer: Option<CustomerId>,
) -> Result<(MessageSubject, CustomerId, Option<Statement>), ApiError> {
    let no_loan = || ApiError::invalid_field("loanId", "names no loan of the brand");
    let found = match (loan, customer) {
        (Some(loan), None) => {
            let record = Loans::new(&deps.table).get(brand.id, loan).await?;
            let record = record.ok_or_else(no_loan)?;
            let statement = Statement::of(&record.loan, deps.today(brand));
            (MessageSubject::Loan(loan), record.loan.customer, Some(statement))
        }
        (None, Some(customer)) => (MessageSubject::Customer(customer), customer, None),
        _ => return Err(one_of("loanId", "customerId")),
    };
    if Customers::new(deps).get(brand.id, found.1).await?.is_none() {
        return Err(ApiError::invalid_field("customerId", "names no customer of the brand"));
    }
    Ok(found)
}

/// What a message says.
pub(super) struct Wording {
    /// The field that said it.
    pub field: &'static str,
    pub text: TemplateText,
    /// The provider's id of the text, where it goes as a text message.
    pub registered: Option<String>,
}

pub(super) async fn wording(
    deps: &Deps,
    brand: &Brand,
    channel: Channel,
    template: Option<TemplateId>,
    text: Option<TemplateText>,
) -> Result<Wording, ApiError> {
    let unknown = || ApiError::invalid_field("templateId", "names no template of the brand");
    let (field, text, registered) = match (template, text) {
        (Some(id), None) => {
            let template = Templates::new(&deps.table).get(brand.id, id).await?;
            let template = template.ok_or_else(unknown)?;
            ("templateId", template.text, template.registered)
        }
        (None, Some(text)) => ("text", text, None),
        _ => return Err(one_of("templateId", "text")),
    };
    if channel != Channel::Sms {
        return Ok(Wording { field, text, registered: None });
    }
    let message = "must be a template that the provider of text messages has";
    let registered = registered.ok_or_else(|| ApiError::invalid_field("templateId", message))?;
    Ok(Wording { field, text, registered: Some(registered) })
}

fn one_of(first: &str, second: &str) -> ApiError {
    let message = format!("give one of {first} and {second}");
    ApiError::invalid([first, second].map(|field| FieldError::new(field, &message)).to_vec())
}
