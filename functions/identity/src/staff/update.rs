use axum::Json;
use axum::extract::State;
use axum::http::HeaderName;
use domain::identity::{Email, PersonName};
use domain::ids::StaffId;
use garde::Validate;
use platform::Deps;
use platform::auth::permission::ManageStaff;
use platform::auth::staff::{self, StaffChange};
use platform::auth::{ActorId, Allowed, Department, Permission};
use platform::http::{ApiError, Body, ErrorBody, IfMatch, Path, RequestId};
use platform::store::Author;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{StaffView, etag, member};

/// What a member of staff is changed to, whole.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub struct UpdateStaff {
    #[schema(value_type = String, format = Email)]
    pub email: Email,
    #[schema(value_type = String)]
    pub name: PersonName,
    pub department: Department,
    /// Beyond the department's.
    #[garde(length(max = Permission::ALL.len()))]
    pub permissions: Vec<Permission>,
    pub active: bool,
}

/// Changes a member of staff. Another department, other permissions and deactivation end the user's
/// sessions and access at once. Nobody gives what they do not have or deactivates themselves, and
/// the brand's last ADMIN stays.
#[utoipa::path(
    put,
    path = "/api/v1/partner/brand/{brandId}/user/{userId}/update",
    tag = "staff",
    request_body = UpdateStaff,
    params(("If-Match" = Option<String>, Header, description = "the ETag that was read")),
    responses(
        (status = 200, description = "the user", body = StaffView),
        (status = 409, description = "changed meanwhile, the address is taken, or the last ADMIN", body = ErrorBody)
    )
)]
pub(super) async fn update(
    allowed: Allowed<ManageStaff>,
    State(deps): State<Deps>,
    Path(id): Path<StaffId>,
    request: RequestId,
    if_match: IfMatch,
    Body(body): Body<UpdateStaff>,
) -> Result<([(HeaderName, String); 1], Json<StaffView>), ApiError> {
    let user = member(&deps, &allowed.brand, id).await?;
    if_match.check(user.version)?;
    if allowed.actor.id == ActorId::Staff(id) && !body.active {
        return Err(ApiError::conflict("nobody deactivates themselves"));
    }
    let UpdateStaff { email, name, department, permissions, active } = body;
    let to = StaffChange { email, name, department, permissions, active, password: None };
    let author = Author::of_request(&allowed.actor, &request);
    let user = staff::change(&deps, &author, user, to).await?;
    Ok((etag(&user), Json(StaffView::from(&user))))
}
