use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use domain::ids::CustomerId;
use garde::Validate;
use http::header;
use platform::Deps;
use platform::auth::permission::ReadCustomers;
use platform::auth::{Allowed, Permission};
use platform::http::{ApiError, Path, Query, RequestId};
use platform::store::{Author, Customers, Event};
use serde::Deserialize;
use utoipa::IntoParams;

use super::CustomerView;

/// How a customer is to be shown.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
#[garde(allow_unvalidated)]
pub struct GetCustomer {
    /// Phone, e-mail and identifiers whole; needs `customers:read-full`, and is audited.
    #[serde(default)]
    pub full: bool,
}

/// Get a customer
#[utoipa::path(
    get,
    path = "/api/v1/partner/brand/{brandId}/customers/{userId}",
    operation_id = "get_customer",
    tag = "customers",
    params(GetCustomer),
    responses((status = 200, description = "the customer", body = CustomerView,
        headers(("ETag" = String, description = "the record's version"))))
)]
pub(super) async fn get(
    allowed: Allowed<ReadCustomers>,
    State(deps): State<Deps>,
    Path(id): Path<CustomerId>,
    Query(query): Query<GetCustomer>,
    request_id: RequestId,
) -> Result<impl IntoResponse, ApiError> {
    if query.full {
        allowed.require(Permission::ReadFullCustomers)?;
    }
    let customer = Customers::new(&deps).get(allowed.brand.id, id).await?;
    let customer = customer.ok_or_else(ApiError::not_found)?;
    let view = if query.full {
        let author = Author::of_request(&allowed.actor, &request_id);
        let effect = author.effect("customers:read-full", id);
        // Nothing is shown that the audit does not know of.
        deps.table.create(&Event::new(&deps, Some(allowed.brand.id), effect)).await?;
        CustomerView::whole(&customer)
    } else {
        CustomerView::from(&customer)
    };
    Ok(([(header::ETAG, format!("\"{}\"", customer.version))], Json(view)))
}
