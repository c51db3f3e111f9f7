use axum::Json;
use axum::extract::State;
use axum::response::Response;
use domain::ids::LoanId;
use garde::Validate;
use http::StatusCode;
use jiff::Timestamp;
use jiff::civil::Date;
use platform::Deps;
use platform::auth::Allowed;
use platform::auth::permission::{ManageContact, ReadCommunications};
use platform::http::{ApiError, MaybeIdempotent, Query, RequestId, once};
use platform::store::{Brand, DunningPause, Effect, Loans, PauseCause};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::event;

const REASON_LIMIT_CHARS: usize = 500;
/// A longer silence is no pause.
const PAUSE_LIMIT_DAYS: i64 = 366;

/// A pause in the messages about a loan.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub struct PauseMessages {
    #[schema(value_type = String, example = "loan_01JZ0000000000000000000000")]
    pub loan_id: LoanId,
    /// The last day without messages, within a year; yesterday or earlier ends a pause.
    #[schema(value_type = String, format = Date, example = "2026-03-20")]
    pub until: Date,
    #[garde(length(chars, min = 1, max = REASON_LIMIT_CHARS))]
    pub reason: String,
}

/// Which loan's pause.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
#[garde(allow_unvalidated)]
pub struct PauseOf {
    #[param(value_type = String)]
    pub loan: LoanId,
}

/// The latest pause in the messages about a loan.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = MessagePause)]
pub struct PauseView {
    #[schema(value_type = String)]
    pub loan_id: LoanId,
    /// The last day without messages; for a promise, the promised date.
    #[schema(value_type = String, format = Date)]
    pub until: Date,
    /// PAUSE or PROMISE.
    #[schema(value_type = String, example = "PAUSE")]
    pub cause: PauseCause,
    pub reason: String,
    /// Whether it holds today.
    pub active: bool,
    pub set_by: String,
    #[schema(value_type = String, format = DateTime)]
    pub set_at: Timestamp,
}

impl PauseView {
    fn of(pause: &DunningPause, today: Date) -> Self {
        Self {
            loan_id: pause.loan,
            until: pause.until,
            cause: pause.cause,
            reason: pause.reason.clone(),
            active: pause.holds_on(today),
            set_by: pause.set_by.clone(),
            set_at: pause.set_at,
        }
    }
}

/// Get the pause of a loan
#[utoipa::path(
    get,
    path = "/api/v1/partner/brand/{brandId}/communications/pause",
    operation_id = "get_message_pause",
    tag = "communications",
    params(PauseOf),
    responses((status = 200, description = "the latest pause", body = PauseView))
)]
pub(super) async fn get(
    allowed: Allowed<ReadCommunications>,
    State(deps): State<Deps>,
    Query(of): Query<PauseOf>,
) -> Result<Json<PauseView>, ApiError> {
    let brand = &allowed.brand;
    let pause = DunningPause::load(&deps.table, brand.id, of.loan).await?;
    let pause = pause.ok_or_else(ApiError::not_found)?;
    Ok(Json(PauseView::of(&pause, deps.today(brand))))
}

/// Pause the messages about a loan
///
/// Jobs write none about it up to and on the date; what they would have sent is recorded as
/// suppressed. Messages that people write still leave. It takes the place of an earlier pause, also
/// of a promise's.
#[utoipa::path(
    post,
    path = "/api/v1/partner/brand/{brandId}/communications/pause",
    operation_id = "pause_messages",
    tag = "communications",
    request_body = PauseMessages,
    params(("Idempotency-Key" = Option<String>, Header, description = "names this intent")),
    responses((status = 200, description = "the pause", body = PauseView))
)]
pub(super) async fn pause(
    allowed: Allowed<ManageContact>,
    State(deps): State<Deps>,
    request_id: RequestId,
    request: MaybeIdempotent<PauseMessages>,
) -> Result<Response, ApiError> {
    let (brand, actor) = (&allowed.brand, allowed.actor.id);
    once(&deps, brand.id, actor, request.intent.as_ref(), async |once| {
        let mut pause = pause_of(&deps, brand, request.body, actor.to_string()).await?;
        let effect = Effect::new(actor.to_string(), "communications:pause", pause.loan)
            .after("until", pause.until)
            .reason(Some(pause.reason.clone()));
        let view = PauseView::of(&pause, deps.today(brand));
        let tx = deps
            .table
            .tx()
            .replace("pause", &mut pause)
            .create("event", &event(&deps, brand, effect, &request_id));
        once.complete(tx, StatusCode::OK, &view)?.commit().await?;
        Ok((StatusCode::OK, view))
    })
    .await
}

async fn pause_of(
    deps: &Deps,
    brand: &Brand,
    body: PauseMessages,
    set_by: String,
) -> Result<DunningPause, ApiError> {
    let PauseMessages { loan_id: loan, until, reason } = body;
    let ahead = domain::invoices::days_between(deps.today(brand), until);
    if ahead > PAUSE_LIMIT_DAYS {
        let message = format!("must be within {PAUSE_LIMIT_DAYS} days");
        return Err(ApiError::invalid_field("until", message));
    }
    if Loans::new(&deps.table).get(brand.id, loan).await?.is_none() {
        return Err(ApiError::invalid_field("loanId", "names no loan of the brand"));
    }
    let stored = DunningPause::load(&deps.table, brand.id, loan).await?;
    Ok(DunningPause {
        brand: brand.id,
        loan,
        version: stored.map_or(0, |stored| stored.version),
        until,
        cause: PauseCause::Pause,
        reason,
        set_by,
        set_at: deps.now(),
    })
}
