use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use domain::ids::{AuditId, BrandId, PaymentId};
use garde::Validate;
use platform::Deps;
use platform::auth::Allowed;
use platform::auth::permission::ApprovePayments;
use platform::http::{ApiError, Begin, MaybeIdempotent, Once, Path, RequestId, begin_once, replay};
use platform::store::{Decision, Effect, Event, PaymentStatus, Payments};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::failure::{Failure, awaiting};
use super::view::PaymentView;

const REASON_LIMIT_CHARS: usize = 500;

/// Why a payment is not approved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Rejection {
    #[garde(length(chars, min = 1, max = REASON_LIMIT_CHARS))]
    #[schema(min_length = 1, max_length = 500)]
    pub reason: String,
}

/// Rejects a payment that waits for approval; the loan stays as it is, and the payment's reference
/// may be used again.
#[utoipa::path(post, path = "/api/v1/partner/brand/{brandId}/payment/reject/{paymentId}",
    tag = "payments",
    params(("Idempotency-Key" = Option<String>, Header, description = "the client's name for this rejection")),
    request_body = Rejection,
    responses((status = 200, description = "rejected", body = PaymentView),
        (status = 409, description = "it does not wait for approval"),
        (status = 422, description = "the key was used for another request")))]
pub async fn reject(
    allowed: Allowed<ApprovePayments>,
    State(deps): State<Deps>,
    request_id: RequestId,
    Path(id): Path<PaymentId>,
    request: MaybeIdempotent<Rejection>,
) -> Result<Response, ApiError> {
    let Allowed { actor, brand, .. } = allowed;
    let MaybeIdempotent { intent, body } = request;
    let once = match begin_once(&deps, brand.id, actor.id, intent.as_ref()).await? {
        Begin::First(once) => once,
        Begin::Again { status, answer } => return replay(status, answer),
    };
    let effect = Effect::new(actor.id.to_string(), "payments:reject", id)
        .reason(Some(body.reason.clone()))
        .request(request_id.as_str());
    let decision = Decision { by: actor.id.to_string(), at: deps.now(), reason: Some(body.reason) };
    let outcome = save(&deps, &once, (brand.id, id), decision, effect).await;
    once.finish(&deps, outcome).await
}

async fn save(
    deps: &Deps,
    once: &Once,
    (brand, id): (BrandId, PaymentId),
    decision: Decision,
    effect: Effect,
) -> Result<(StatusCode, PaymentView), ApiError> {
    let payments = Payments::new(&deps.table);
    let mut payment = payments.get(brand, id).await?.ok_or_else(ApiError::not_found)?;
    awaiting(&payment)?;
    let effect = effect
        .before("status", payment.status)
        .after("status", PaymentStatus::Rejected)
        .after("loan", payment.loan)
        .after("amount", payment.amount);
    let event = Event { brand, id: AuditId::new(deps.ulid()), at: decision.at, effect };
    payment.status = PaymentStatus::Rejected;
    payment.decision = Some(decision);
    let tx = payments.replace(deps.table.tx(), &mut payment)?.create("event", &event);
    let view = PaymentView::from(&payment);
    match once.complete(tx, StatusCode::OK, &view)?.commit().await {
        Ok(()) => Ok((StatusCode::OK, view)),
        Err(error) => Err(Failure::from(error).explain(deps, &payment).await),
    }
}
