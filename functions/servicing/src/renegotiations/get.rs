use axum::Json;
use axum::extract::State;
use domain::ids::RenegotiationId;
use platform::Deps;
use platform::auth::Allowed;
use platform::auth::permission::ReadRenegotiations;
use platform::http::{ApiError, Path};
use platform::store::{Consistency, Renegotiation};

use super::view::RenegotiationView;

/// One renegotiation.
#[utoipa::path(get, path = "/api/v1/partner/brand/{brandId}/renegotiations/{renegotiationId}",
    operation_id = "get_renegotiation", tag = "renegotiations",
    responses((status = 200, body = RenegotiationView)))]
pub async fn get(
    allowed: Allowed<ReadRenegotiations>,
    State(deps): State<Deps>,
    Path(id): Path<RenegotiationId>,
) -> Result<Json<RenegotiationView>, ApiError> {
    let brand = &allowed.brand;
    let key = Renegotiation::key_of(brand.id, id);
    let renegotiation = deps.table.get::<Renegotiation>(&key, Consistency::Strong).await?;
    let renegotiation = renegotiation.ok_or_else(ApiError::not_found)?;
    Ok(Json(RenegotiationView::new(&renegotiation, deps.today(brand))))
}
