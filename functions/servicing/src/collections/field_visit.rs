use axum::extract::State;
use axum::response::Response;
use domain::ids::LoanId;
use garde::Validate;
use jiff::{SignedDuration, Timestamp};
use platform::Deps;
use platform::auth::Allowed;
use platform::auth::permission::WorkCollections;
use platform::http::{ApiError, MaybeIdempotent, Path, RequestId, once};
use platform::store::{Author, CollectionAct, VisitOutcome, VisitPosition};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::entry::{CollectionEntryView, Noted, note};

const TEXT_LIMIT_CHARS: usize = 2_000;
/// How late a visit may be noted.
const BACK_LIMIT_HOURS: i64 = 30 * 24;

/// A visit to the customer.
#[derive(Clone, PartialEq, Serialize, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub struct NewFieldVisit {
    /// Degrees, WGS 84.
    #[garde(range(min = -90.0, max = 90.0))]
    #[schema(minimum = -90, maximum = 90, example = -23.5505)]
    pub latitude: f64,
    #[garde(range(min = -180.0, max = 180.0))]
    #[schema(minimum = -180, maximum = 180, example = -46.6333)]
    pub longitude: f64,
    pub outcome: VisitOutcome,
    /// Now where it is left out; at most 30 days ago.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub visited_at: Option<Timestamp>,
    #[serde(default)]
    #[garde(length(chars, min = 1, max = TEXT_LIMIT_CHARS))]
    pub text: Option<String>,
}

impl std::fmt::Debug for NewFieldVisit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewFieldVisit").field("outcome", &self.outcome).finish_non_exhaustive()
    }
}

/// Notes a visit, where it was and what came of it.
#[utoipa::path(post, path = "/api/v1/partner/brand/{brandId}/collection/{loanId}/field-visit",
    operation_id = "field_visit", tag = "collections",
    params(("Idempotency-Key" = Option<String>, Header, description = "the client's name for this note")),
    request_body = NewFieldVisit,
    responses((status = 201, description = "noted", body = CollectionEntryView)))]
pub async fn field_visit(
    allowed: Allowed<WorkCollections>,
    State(deps): State<Deps>,
    request_id: RequestId,
    Path(id): Path<LoanId>,
    request: MaybeIdempotent<NewFieldVisit>,
) -> Result<Response, ApiError> {
    let Allowed { actor, brand, .. } = allowed;
    let MaybeIdempotent { intent, body } = request;
    once(&deps, brand.id, actor.id, intent.as_ref(), async |once| {
        let NewFieldVisit { latitude, longitude, outcome, visited_at, text } = body;
        let visited_at = time_of(visited_at, deps.now())?;
        // Where somebody lives stays out of the audit.
        let effect = Author::of_request(&actor, &request_id).effect("collections:visit", id);
        let position = VisitPosition { latitude, longitude };
        let act = CollectionAct::FieldVisit { position, outcome, visited_at };
        note(&deps, &brand, actor.id, once, Noted { loan: id, act, text, effect }).await
    })
    .await
}

fn time_of(visited_at: Option<Timestamp>, now: Timestamp) -> Result<Timestamp, ApiError> {
    let earliest = now.saturating_sub(SignedDuration::from_hours(BACK_LIMIT_HOURS));
    let earliest = earliest.map_err(|error| ApiError::internal_from(&error))?;
    let visited_at = visited_at.unwrap_or(now);
    if (earliest..=now).contains(&visited_at) {
        return Ok(visited_at);
    }
    Err(ApiError::invalid_field("visitedAt", format!("must be from {earliest} to {now}")))
}
