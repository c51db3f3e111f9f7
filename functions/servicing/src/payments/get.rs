use axum::Json;
use axum::extract::State;
use domain::ids::PaymentId;
use platform::Deps;
use platform::auth::Allowed;
use platform::auth::permission::ReadPayments;
use platform::http::{ApiError, Path};
use platform::store::Payments;

use super::view::PaymentView;

/// One payment.
#[utoipa::path(get, path = "/api/v1/partner/brand/{brandId}/payment/{paymentId}", tag = "payments",
    responses((status = 200, body = PaymentView)))]
pub async fn get(
    allowed: Allowed<ReadPayments>,
    State(deps): State<Deps>,
    Path(id): Path<PaymentId>,
) -> Result<Json<PaymentView>, ApiError> {
    let payment = Payments::new(&deps.table).get(allowed.brand.id, id).await?;
    let payment = payment.ok_or_else(ApiError::not_found)?;
    Ok(Json(PaymentView::from(&payment)))
}
