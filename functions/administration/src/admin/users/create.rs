use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use domain::identity::{Email, PersonName};
use domain::ids::BrandId;
use garde::Validate;
use platform::Deps;
use platform::auth::password::Password;
use platform::auth::staff::{self, NewStaff};
use platform::auth::{Department, Permission, SuperAdmin};
use platform::http::{ApiError, ErrorBody, MaybeIdempotent, RequestId, once};
use platform::store::{Author, Brand};
use serde::Deserialize;
use utoipa::ToSchema;

use super::UserView;

#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub struct CreateUser {
    /// Absent for an administrator of the platform (SUPER_ADMIN), required for everybody else.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub brand_id: Option<BrandId>,
    #[schema(value_type = String, format = Email, example = "ana.souza@lender.example")]
    pub email: Email,
    #[schema(value_type = String, example = "Ana Souza")]
    pub name: PersonName,
    pub department: Department,
    /// Beyond the department's.
    #[serde(default)]
    #[garde(length(max = Permission::ALL.len()))]
    pub permissions: Vec<Permission>,
    /// At least 12 characters, not the e-mail address.
    pub password: Password,
}

/// Creates a user of any brand, or an administrator of the platform.
#[utoipa::path(
    post,
    path = "/api/v1/admin/users/create",
    tag = "admin",
    request_body = CreateUser,
    params(("Idempotency-Key" = Option<String>, Header, description = "names this intent")),
    responses(
        (status = 201, description = "the new user", body = UserView),
        (status = 409, description = "another user has the e-mail address", body = ErrorBody),
        (status = 422, description = "the key was used for another request", body = ErrorBody)
    )
)]
pub(in crate::admin) async fn create(
    SuperAdmin(actor): SuperAdmin,
    State(deps): State<Deps>,
    request: RequestId,
    MaybeIdempotent { intent, body }: MaybeIdempotent<CreateUser>,
) -> Result<Response, ApiError> {
    let CreateUser { brand_id, email, name, department, permissions, password } = body;
    let password = Some(password);
    let new = NewStaff { brand: brand_id, email, name, department, permissions, password };
    let author = Author::of_request(&actor, &request);
    once(&deps, Brand::PLATFORM, actor.id, intent.as_ref(), async |once| {
        let user = staff::create(&deps, &author, new, |tx, user| {
            once.complete(tx, StatusCode::CREATED, &UserView::from(user))
        });
        Ok((StatusCode::CREATED, UserView::from(&user.await?)))
    })
    .await
}
