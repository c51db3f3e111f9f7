use axum::extract::State;
use axum::response::Response;
use domain::ids::CustomerId;
use garde::Validate;
use http::StatusCode;
use platform::Deps;
use platform::auth::Allowed;
use platform::auth::permission::ManageCustomers;
use platform::http::{ApiError, ErrorBody, IfMatch, MaybeIdempotent, Path, RequestId, once};
use platform::store::{Author, CustomerStatus, Customers, Event};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{CustomerView, REASON_LIMIT_CHARS, not_erased, not_saved, settable};

/// The status that a customer is to have.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub struct SetCustomerStatus {
    /// ACTIVE, INACTIVE or BLOCKED.
    pub status: CustomerStatus,
    /// Required with BLOCKED.
    #[serde(default)]
    #[garde(length(chars, min = 1, max = REASON_LIMIT_CHARS))]
    pub reason: Option<String>,
}

/// Set a customer's status
///
/// Only an active customer takes new loans; running ones go on.
#[utoipa::path(
    post,
    path = "/api/v1/partner/brand/{brandId}/customers/{userId}/status",
    operation_id = "set_customer_status",
    tag = "customers",
    request_body = SetCustomerStatus,
    params(
        ("Idempotency-Key" = Option<String>, Header, description = "names this intent"),
        ("If-Match" = Option<String>, Header, description = "the version that was seen"),
    ),
    responses(
        (status = 200, description = "the customer as it is now", body = CustomerView),
        (status = 409, description = "a stale version, or an erased customer", body = ErrorBody),
    )
)]
pub(super) async fn set(
    allowed: Allowed<ManageCustomers>,
    State(deps): State<Deps>,
    Path(id): Path<CustomerId>,
    if_match: IfMatch,
    request_id: RequestId,
    request: MaybeIdempotent<SetCustomerStatus>,
) -> Result<Response, ApiError> {
    let (brand, actor, body) = (&allowed.brand, &allowed.actor, &request.body);
    settable(body.status)?;
    if body.status == CustomerStatus::Blocked && body.reason.is_none() {
        return Err(ApiError::invalid_field("reason", "is required with BLOCKED"));
    }
    once(&deps, brand.id, actor.id, request.intent.as_ref(), async |once| {
        let customers = Customers::new(&deps);
        let before = customers.get(brand.id, id).await?.ok_or_else(ApiError::not_found)?;
        not_erased(&before)?;
        if_match.check(before.version)?;
        let mut customer = before.clone();
        customer.status = body.status;
        let mut tx = deps.table.tx();
        if customer.status != before.status {
            let effect = Author::of_request(actor, &request_id)
                .effect("customers:status", id)
                .before("status", before.status.text())
                .after("status", customer.status.text())
                .reason(body.reason.clone());
            tx = tx.create("event", &Event::new(&deps, Some(brand.id), effect));
            tx = customers.replace(tx, &before, &mut customer).await?;
        }
        let view = CustomerView::from(&customer);
        once.complete(tx, StatusCode::OK, &view)?.commit().await.map_err(not_saved)?;
        Ok((StatusCode::OK, view))
    })
    .await
}
