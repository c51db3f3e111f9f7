use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use domain::ids::{BrandId, RenegotiationId};
use garde::Validate;
use platform::Deps;
use platform::auth::Allowed;
use platform::auth::permission::ApproveRenegotiations;
use platform::http::{ApiError, MaybeIdempotent, Once, Path, RequestId, once};
use platform::store::{
    Author, Consistency, Decision, Effect, Entity, Event, Renegotiation, RenegotiationStatus,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::proposed;
use super::view::RenegotiationView;

const REASON_LIMIT_CHARS: usize = 500;

/// Why a renegotiation is not approved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RenegotiationRejection {
    #[garde(length(chars, min = 1, max = REASON_LIMIT_CHARS))]
    #[schema(min_length = 1, max_length = 500)]
    pub reason: String,
}

/// Rejects a proposed renegotiation; the loan stays as it is.
#[utoipa::path(post,
    path = "/api/v1/partner/brand/{brandId}/renegotiations/{renegotiationId}/reject",
    operation_id = "reject_renegotiation", tag = "renegotiations",
    params(("Idempotency-Key" = Option<String>, Header, description = "the client's name for this rejection")),
    request_body = RenegotiationRejection,
    responses((status = 200, description = "rejected", body = RenegotiationView),
        (status = 409, description = "it does not wait for a decision"),
        (status = 422, description = "the key was used for another request")))]
pub async fn reject(
    allowed: Allowed<ApproveRenegotiations>,
    State(deps): State<Deps>,
    request_id: RequestId,
    Path(id): Path<RenegotiationId>,
    request: MaybeIdempotent<RenegotiationRejection>,
) -> Result<Response, ApiError> {
    let Allowed { actor, brand, .. } = allowed;
    let MaybeIdempotent { intent, body } = request;
    once(&deps, brand.id, actor.id, intent.as_ref(), async |once| {
        let (by, at, reason) = (actor.id.to_string(), deps.now(), Some(body.reason));
        let author = Author::of_request(&actor, &request_id);
        let effect = |renegotiation: &Renegotiation| {
            author
                .effect("renegotiations:reject", renegotiation.loan)
                .before("status", renegotiation.status)
                .after("renegotiation", id)
                .after("status", RenegotiationStatus::Rejected)
        };
        save(&deps, once, (brand.id, id), Decision { by, at, reason }, effect).await
    })
    .await
}

async fn save(
    deps: &Deps,
    once: &Once,
    (brand, id): (BrandId, RenegotiationId),
    decision: Decision,
    effect: impl FnOnce(&Renegotiation) -> Effect,
) -> Result<(StatusCode, RenegotiationView), ApiError> {
    let key = Renegotiation::key_of(brand, id);
    let stored = deps.table.get::<Renegotiation>(&key, Consistency::Strong).await?;
    let mut renegotiation = stored.ok_or_else(ApiError::not_found)?;
    proposed(&renegotiation)?;
    let effect = effect(&renegotiation).reason(decision.reason.clone());
    let event = Event::new(deps, Some(brand), effect);
    renegotiation.status = RenegotiationStatus::Rejected;
    renegotiation.decision = Some(decision);
    let tx = deps.table.tx().replace(Renegotiation::NAME, &mut renegotiation);
    let tx = tx.create(Event::NAME, &event);
    let view = RenegotiationView::new(&renegotiation, renegotiation.on);
    match once.complete(tx, StatusCode::OK, &view)?.commit().await {
        Ok(()) => Ok((StatusCode::OK, view)),
        Err(error) if error.is_conflict_on(Renegotiation::NAME) => {
            Err(ApiError::conflict("the renegotiation was decided just now").log(error.to_string()))
        }
        Err(error) => Err(error.into()),
    }
}
