use axum::extract::State;
use axum::response::Response;
use domain::dunning::{Kind, Statement, TemplateError, TemplateText};
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
    let no_loan = || ApiError::invalid_field("loanId", "names no loan of the brand");
    let (subject, customer, statement) = match (body.loan_id, body.customer_id) {
        (Some(loan), None) => {
            let record = Loans::new(&deps.table).get(brand.id, loan).await?;
            let record = record.ok_or_else(no_loan)?;
            let statement = Statement::of(&record.loan, deps.today(brand));
            (MessageSubject::Loan(loan), record.loan.customer, Some(statement))
        }
        (None, Some(customer)) => (MessageSubject::Customer(customer), customer, None),
        _ => return Err(one_of("loanId", "customerId")),
    };
    match Customers::new(deps).stored(brand.id, customer).await? {
        None => {
            return Err(ApiError::invalid_field("customerId", "names no customer of the brand"));
        }
        Some(stored) if stored.is_erased() => {
            return Err(ApiError::conflict("the customer was erased"));
        }
        Some(_) => {}
    }
    let (field, text) = match (body.template_id, body.text) {
        (Some(id), None) => {
            let template = Templates::new(&deps.table).get(brand.id, id).await?;
            let no_template =
                || ApiError::invalid_field("templateId", "names no template of the brand");
            ("templateId", template.ok_or_else(no_template)?.text)
        }
        (None, Some(text)) => ("text", text),
        _ => return Err(one_of("templateId", "text")),
    };
    let rendered = text
        .render(brand.message_style(), statement.as_ref())
        .map_err(|error: TemplateError| ApiError::invalid_field(field, error.to_string()))?;
    let id = CommunicationId { subject, message: deps.ulid() };
    let now = deps.now();
    let mut message =
        Communication::queued(brand.id, id, customer, Kind::Manual, rendered, actor, now);
    message.version = 1;
    message.source = text.has_figures().then_some(text);
    Ok(message)
}

fn one_of(first: &str, second: &str) -> ApiError {
    let message = format!("give one of {first} and {second}");
    ApiError::invalid([first, second].map(|field| FieldError::new(field, &message)).to_vec())
}
