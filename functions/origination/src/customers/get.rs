use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use domain::ids::CustomerId;
use http::header;
use platform::Deps;
use platform::auth::Allowed;
use platform::auth::permission::ReadCustomers;
use platform::http::{ApiError, Path};
use platform::store::Customers;

use super::CustomerView;

/// Get a customer
#[utoipa::path(
    get,
    path = "/api/v1/partner/brand/{brandId}/customers/{userId}",
    operation_id = "get_customer",
    tag = "customers",
    responses((status = 200, description = "the customer", body = CustomerView,
        headers(("ETag" = String, description = "the record's version"))))
)]
pub(super) async fn get(
    allowed: Allowed<ReadCustomers>,
    State(deps): State<Deps>,
    Path(id): Path<CustomerId>,
) -> Result<impl IntoResponse, ApiError> {
    let customer = Customers::new(&deps).get(allowed.brand.id, id).await?;
    let customer = customer.ok_or_else(ApiError::not_found)?;
    let etag = (header::ETAG, format!("\"{}\"", customer.version));
    Ok(([etag], Json(CustomerView::from(&customer))))
}
