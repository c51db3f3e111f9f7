use axum::Json;
use axum::extract::State;
use domain::dunning::{Kind, Statement, Status, TemplateKind, TemplateText};
use domain::ids::CommunicationId;
use http::StatusCode;
use platform::Deps;
use platform::auth::Allowed;
use platform::auth::permission::SendCommunications;
use platform::http::{ApiError, ErrorBody, Path, RequestId};
use platform::store::{
    Brand, Communication, Condition, Consistency, Effect, LoanRecord, Loans, StoreError, Templates,
};

use super::{CommunicationView, event};

/// Send a message again
///
/// Only one that failed or was suppressed, and only once: asking again answers the message that
/// was made of it. A message whose outcome is not known may have been delivered; that is for the
/// caller to weigh.
#[utoipa::path(
    post,
    path = "/api/v1/partner/brand/{brandId}/communications/{communicationId}/resend",
    operation_id = "resend_communication",
    tag = "communications",
    responses(
        (status = 201, description = "the new message", body = CommunicationView),
        (status = 200, description = "the message that was made before", body = CommunicationView),
        (status = 409, description = "the message is under way", body = ErrorBody),
    )
)]
pub(super) async fn resend(
    allowed: Allowed<SendCommunications>,
    State(deps): State<Deps>,
    Path(id): Path<CommunicationId>,
    request_id: RequestId,
) -> Result<(StatusCode, Json<CommunicationView>), ApiError> {
    let (brand, actor) = (&allowed.brand, allowed.actor.id.to_string());
    let mut old = load(&deps, brand, id).await?.ok_or_else(ApiError::not_found)?;
    if let Some(again) = old.resent_as
        && let Some(again) = load(&deps, brand, again).await?
    {
        return Ok((StatusCode::OK, Json(CommunicationView::from(&again))));
    }
    if !old.status.may_be_resent() {
        let message = format!("the message is {}", old.status.text());
        let allowed = Status::ALL.into_iter().filter(|status| status.may_be_resent());
        return Err(ApiError::conflict(message).allowed(allowed.map(Status::text)));
    }
    let again = repeat(&deps, brand, &old, actor.clone()).await?;
    old.resent_as = Some(again.id);
    let effect = Effect::new(actor, "communications:resend", again.id).before("message", old.id);
    deps.table
        .tx()
        .replace("original", &mut old)
        .put("communication", &again, Condition::absent())
        .create("event", &event(&deps, brand, effect, &request_id))
        .commit()
        .await?;
    Ok((StatusCode::CREATED, Json(CommunicationView::from(&again))))
}

async fn load(
    deps: &Deps,
    brand: &Brand,
    id: CommunicationId,
) -> Result<Option<Communication>, StoreError> {
    deps.table.get(&Communication::key_of(brand.id, id), Consistency::Strong).await
}

/// The same message with today's figures.
async fn repeat(
    deps: &Deps,
    brand: &Brand,
    old: &Communication,
    actor: String,
) -> Result<Communication, ApiError> {
    let record = match old.loan() {
        Some(loan) => Loans::new(&deps.table).get(brand.id, loan).await?,
        None => None,
    };
    let today = deps.today(brand);
    let body = match (&record, &old.source, old.kind) {
        (Some(record), source, Kind::Dunning) => daily(deps, brand, record, source.clone()).await?,
        (Some(record), Some(text), Kind::Manual) => {
            render(brand, text, &Statement::of(&record.loan, today))?
        }
        (_, _, Kind::Certificate) | (_, None, Kind::Manual) => old.body.clone(),
        (None, _, _) => return Err(ApiError::conflict("the loan is not there any more")),
    };
    let id = CommunicationId { subject: old.id.subject, message: deps.ulid() };
    let now = deps.now();
    let mut again = Communication::queued(brand.id, id, old.customer, old.kind, body, actor, now);
    again.version = 1;
    again.date = old.date.map(|_| today);
    again.source = old.source.clone();
    again.resend_of = Some(old.id);
    Ok(again)
}

async fn daily(
    deps: &Deps,
    brand: &Brand,
    record: &LoanRecord,
    source: Option<TemplateText>,
) -> Result<domain::dunning::Body, ApiError> {
    let statement = Statement::of(&record.loan, deps.today(brand));
    if statement.is_empty() {
        return Err(ApiError::conflict("nothing is due any more"));
    }
    let text = match source {
        Some(text) => text,
        None => Templates::new(&deps.table).daily(brand, TemplateKind::of(&statement)).await?,
    };
    render(brand, &text, &statement)
}

fn render(
    brand: &Brand,
    text: &TemplateText,
    statement: &Statement,
) -> Result<domain::dunning::Body, ApiError> {
    text.render(brand.message_style(), Some(statement))
        .map_err(|error| ApiError::internal_from(&error))
}
