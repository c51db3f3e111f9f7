use axum::extract::State;
use axum::http::StatusCode;
use domain::ids::StaffId;
use platform::Deps;
use platform::auth::permission::ManageStaff;
use platform::auth::staff::{self, StaffChange};
use platform::auth::{ActorId, Allowed};
use platform::http::{ApiError, ErrorBody, Path, RequestId};
use platform::store::Author;

use super::member;

/// Deactivates a member of staff: sessions and access end at once. The record stays, since the
/// audit and the loans name it; `PUT …/update` takes it back. Doing it again changes nothing.
#[utoipa::path(
    delete,
    path = "/api/v1/partner/brand/{brandId}/user/{userId}",
    tag = "staff",
    responses(
        (status = 204, description = "deactivated"),
        (status = 409, description = "oneself, or the last ADMIN", body = ErrorBody)
    )
)]
pub(super) async fn deactivate(
    allowed: Allowed<ManageStaff>,
    State(deps): State<Deps>,
    Path(id): Path<StaffId>,
    request: RequestId,
) -> Result<StatusCode, ApiError> {
    let user = member(&deps, &allowed.brand, id).await?;
    if allowed.actor.id == ActorId::Staff(id) {
        return Err(ApiError::conflict("nobody deactivates themselves"));
    }
    if user.active {
        let to = StaffChange { active: false, ..StaffChange::none(&user) };
        staff::change(&deps, &Author::of_request(&allowed.actor, &request), user, to).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}
