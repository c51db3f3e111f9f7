use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use domain::ids::{LoanId, PaymentId, RenegotiationId};
use garde::Validate;
use jiff::Span;
use jiff::civil::Date;
use platform::Deps;
use platform::auth::permission::ProposeRenegotiations;
use platform::auth::{Actor, Allowed};
use platform::http::{ApiError, Idempotent, Once, RequestId, once};
use platform::renegotiation::{NewIds, Offer, derive};
use platform::store::{
    Author, Brand, Consistency, Entity, Event, LoanRecord, Renegotiation, RenegotiationStatus,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::view::RenegotiationView;

const REASON_LIMIT_CHARS: usize = 500;
/// How long a proposal stands unless it says otherwise, and at most.
const STANDS_DEFAULT_DAYS: i32 = 7;
const STANDS_LIMIT_DAYS: i32 = 30;

/// An offer that the borrower agrees to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub struct NewRenegotiation {
    #[schema(value_type = String)]
    pub loan_id: LoanId,
    #[garde(dive)]
    pub offer: Offer,
    /// The last date on which it can be approved: at most 30 days from today, and not after the
    /// first new due date. In 7 days where it is left out.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Date)]
    pub until: Option<Date>,
    #[serde(default)]
    #[garde(length(chars, min = 1, max = REASON_LIMIT_CHARS))]
    #[schema(min_length = 1, max_length = 500)]
    pub reason: Option<String>,
}

/// Proposes a renegotiation, as of today.
///
/// The loan stays as it is until the proposal is approved; its figures then are those of today.
#[utoipa::path(post, path = "/api/v1/partner/brand/{brandId}/renegotiations",
    operation_id = "propose_renegotiation", tag = "renegotiations",
    params(("Idempotency-Key" = String, Header, description = "the client's name for this proposal")),
    request_body = NewRenegotiation,
    responses((status = 201, description = "proposed", body = RenegotiationView),
        (status = 403, description = "more is waived than the caller's department may"),
        (status = 409, description = "the loan is not active"),
        (status = 422, description = "the key was used for another request")))]
pub async fn propose(
    allowed: Allowed<ProposeRenegotiations>,
    State(deps): State<Deps>,
    request_id: RequestId,
    request: Idempotent<NewRenegotiation>,
) -> Result<Response, ApiError> {
    let Idempotent { intent, body } = request;
    let Allowed { actor, brand, .. } = allowed;
    once(&deps, brand.id, actor.id, Some(&intent), async |once| {
        body.offer.check_limit(&brand.servicing, actor.department)?;
        let renegotiation = proposal(&deps, &brand, &actor, body).await?;
        let author = Author::of_request(&actor, &request_id);
        save(&deps, once, renegotiation, &author).await
    })
    .await
}

async fn proposal(
    deps: &Deps,
    brand: &Brand,
    actor: &Actor,
    body: NewRenegotiation,
) -> Result<Renegotiation, ApiError> {
    let NewRenegotiation { loan_id, offer, until, reason } = body;
    let key = LoanRecord::key_of(brand.id, loan_id);
    let record = deps.table.get::<LoanRecord>(&key, Consistency::Strong).await?;
    let record = record.ok_or_else(ApiError::not_found)?;
    let today = deps.today(brand);
    let ids = NewIds { loan: LoanId::new(deps.ulid()), down_payment: PaymentId::new(deps.ulid()) };
    let derived = derive(brand, &record.loan, &offer, ids, (today, today))
        .map_err(|error| error.at("offer."))?;
    Ok(Renegotiation {
        brand: brand.id,
        id: RenegotiationId::new(deps.ulid()),
        version: 0,
        loan: loan_id,
        shard: record.shard,
        customer: record.loan.customer,
        status: RenegotiationStatus::Proposed,
        offer,
        on: today,
        until: last_date(until, today, derived.figures.first_due_date)?,
        figures: derived.figures,
        rows: derived.rows,
        proposed_by: actor.id.to_string(),
        proposed_at: deps.now(),
        reason,
        decision: None,
        replacement: None,
    })
}

/// Not after the first due date, so that the new contract does not begin overdue.
fn last_date(until: Option<Date>, today: Date, first_due: Date) -> Result<Date, ApiError> {
    let after = |days: i32| today.saturating_add(Span::new().days(days));
    let last = after(STANDS_LIMIT_DAYS).min(first_due);
    match until {
        None => Ok(after(STANDS_DEFAULT_DAYS).min(last)),
        Some(until) if (today..=last).contains(&until) => Ok(until),
        Some(_) => Err(ApiError::invalid_field("until", format!("must be from {today} to {last}"))),
    }
}

async fn save(
    deps: &Deps,
    once: &Once,
    mut renegotiation: Renegotiation,
    author: &Author,
) -> Result<(StatusCode, RenegotiationView), ApiError> {
    let Renegotiation { brand, id, loan, on, until, ref figures, .. } = renegotiation;
    let effect = author
        .effect("renegotiations:propose", loan)
        .after("renegotiation", id)
        .after("until", until)
        .after("principal", figures.principal)
        .after("totalCost", figures.total_cost)
        .after("moraBase", figures.mora_base)
        .reason(renegotiation.reason.clone());
    let event = Event::new(deps, Some(brand), effect);
    let tx = deps.table.tx().replace(Renegotiation::NAME, &mut renegotiation);
    let tx = tx.create(Event::NAME, &event);
    let view = RenegotiationView::new(&renegotiation, on);
    once.complete(tx, StatusCode::CREATED, &view)?.commit().await?;
    Ok((StatusCode::CREATED, view))
}
