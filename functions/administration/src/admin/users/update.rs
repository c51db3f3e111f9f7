use axum::Json;
use axum::extract::State;
use domain::identity::{Email, PersonName};
use domain::ids::StaffId;
use garde::Validate;
use platform::Deps;
use platform::auth::password::Password;
use platform::auth::staff::{self, StaffChange};
use platform::auth::{ActorId, Department, Permission, SuperAdmin};
use platform::http::{ApiError, Body, ErrorBody, IfMatch, Path, RequestId};
use platform::store::{Author, StaffUser};
use serde::Deserialize;
use utoipa::ToSchema;

use super::UserView;
use crate::admin::etag::{ETag, etag};

#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub struct UpdateUser {
    #[schema(value_type = String, format = Email)]
    pub email: Email,
    #[schema(value_type = String)]
    pub name: PersonName,
    pub department: Department,
    /// Beyond the department's.
    #[garde(length(max = Permission::ALL.len()))]
    pub permissions: Vec<Permission>,
    pub active: bool,
    /// Sets a new password, and ends the user's sessions and access.
    #[serde(default)]
    pub password: Option<Password>,
}

/// Changes a user. Deactivation, another department, other permissions and a new password end the
/// user's sessions and access at once. Nobody deactivates themselves, and the platform's last
/// administrator stays.
#[utoipa::path(
    put,
    path = "/api/v1/admin/users/{userId}",
    tag = "admin",
    request_body = UpdateUser,
    params(("If-Match" = Option<String>, Header, description = "the ETag that was read")),
    responses(
        (status = 200, description = "the user", body = UserView),
        (status = 409, description = "changed meanwhile, or the address is taken", body = ErrorBody)
    )
)]
pub(in crate::admin) async fn update(
    SuperAdmin(actor): SuperAdmin,
    State(deps): State<Deps>,
    Path(id): Path<StaffId>,
    request: RequestId,
    if_match: IfMatch,
    Body(body): Body<UpdateUser>,
) -> Result<(ETag, Json<UserView>), ApiError> {
    let user = StaffUser::load(&deps.table, id).await?.ok_or_else(ApiError::not_found)?;
    if_match.check(user.version)?;
    if actor.id == ActorId::Staff(id) && !body.active {
        return Err(ApiError::conflict("nobody deactivates themselves"));
    }
    let UpdateUser { email, name, department, permissions, active, password } = body;
    let to = StaffChange { email, name, department, permissions, active, password };
    let user = staff::change(&deps, &Author::of_request(&actor, &request), user, to).await?;
    Ok((etag(user.version), Json(UserView::from(&user))))
}
