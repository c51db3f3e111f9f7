use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use domain::identity::{Email, PersonName};
use garde::Validate;
use platform::Deps;
use platform::auth::password::Password;
use platform::auth::permission::ManageStaff;
use platform::auth::staff::{self, NewStaff};
use platform::auth::{Allowed, Department, Permission};
use platform::http::{ApiError, ErrorBody, MaybeIdempotent, RequestId, once};
use platform::store::Author;
use serde::Deserialize;
use utoipa::ToSchema;

use super::StaffView;

/// A member of staff to be created.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub struct CreateStaff {
    #[schema(value_type = String, format = Email, example = "ana.souza@lender.example")]
    pub email: Email,
    #[schema(value_type = String, example = "Ana Souza")]
    pub name: PersonName,
    pub department: Department,
    /// Beyond the department's.
    #[serde(default)]
    #[garde(length(max = Permission::ALL.len()))]
    pub permissions: Vec<Permission>,
    /// At least 12 characters, not the e-mail address. Left out, the user signs in with a code of
    /// `/user/generate-secure-code` and chooses one.
    #[serde(default)]
    pub password: Option<Password>,
}

/// Creates a member of the brand's staff, who may do no more than who creates them.
#[utoipa::path(
    post,
    path = "/api/v1/partner/brand/{brandId}/user/create",
    tag = "staff",
    request_body = CreateStaff,
    params(("Idempotency-Key" = Option<String>, Header, description = "names this intent")),
    responses(
        (status = 201, description = "the new user", body = StaffView),
        (status = 409, description = "another user has the e-mail address", body = ErrorBody),
        (status = 422, description = "the key was used for another request", body = ErrorBody)
    )
)]
pub(super) async fn create(
    allowed: Allowed<ManageStaff>,
    State(deps): State<Deps>,
    request: RequestId,
    MaybeIdempotent { intent, body }: MaybeIdempotent<CreateStaff>,
) -> Result<Response, ApiError> {
    let CreateStaff { email, name, department, permissions, password } = body;
    let brand = allowed.brand.id;
    let new = NewStaff { brand: Some(brand), email, name, department, permissions, password };
    let author = Author::of_request(&allowed.actor, &request);
    once(&deps, brand, allowed.actor.id, intent.as_ref(), async |once| {
        let user = staff::create(&deps, &author, new, |tx, user| {
            once.complete(tx, StatusCode::CREATED, &StaffView::from(user))
        });
        Ok((StatusCode::CREATED, StaffView::from(&user.await?)))
    })
    .await
}
