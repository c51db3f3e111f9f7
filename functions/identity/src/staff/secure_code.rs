use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::ids::StaffId;
use garde::Validate;
use jiff::Timestamp;
use platform::Deps;
use platform::auth::Allowed;
use platform::auth::permission::ManageStaff;
use platform::auth::staff::require_authority;
use platform::http::{ApiError, Body, ErrorBody, RequestId};
use platform::store::{Author, Entity, Event, SecureCode};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::member;

/// Who is to sign in with a code.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub struct GenerateSecureCode {
    #[schema(value_type = String, example = "staff_01JZ8Q4M6T3N5V7X9Y1B2C3D4E")]
    pub user_id: StaffId,
}

/// A one-time code, shown here and never again.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = SecureCode)]
pub struct SecureCodeView {
    #[schema(value_type = String)]
    pub user_id: StaffId,
    /// To be handed over by another way than the address that the user signs in with.
    pub code: String,
    #[schema(value_type = String, format = DateTime)]
    pub expires_at: Timestamp,
}

impl std::fmt::Debug for SecureCodeView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SecureCodeView").field("user_id", &self.user_id).finish_non_exhaustive()
    }
}

/// Makes a code with which a member of staff signs in once, at `/partner/auth/secure-code`, and
/// sets a password: for who is new, or forgot it. It lives 15 minutes, and ends with the next change
/// of what the user may do or of the password.
///
/// The code is not kept for an `Idempotency-Key`: a repeated request makes another one.
#[utoipa::path(
    post,
    path = "/api/v1/partner/brand/{brandId}/user/generate-secure-code",
    tag = "staff",
    request_body = GenerateSecureCode,
    responses(
        (status = 201, description = "the code", body = SecureCodeView),
        (status = 409, description = "the user is not active", body = ErrorBody)
    )
)]
pub(super) async fn generate_secure_code(
    allowed: Allowed<ManageStaff>,
    State(deps): State<Deps>,
    request: RequestId,
    Body(body): Body<GenerateSecureCode>,
) -> Result<(StatusCode, Json<SecureCodeView>), ApiError> {
    let user = member(&deps, &allowed.brand, body.user_id).await?;
    let author = Author::of_request(&allowed.actor, &request);
    require_authority(&author, &user)?;
    if !user.active {
        return Err(ApiError::conflict("the user is not active"));
    }
    let (lookup_key, wall) = (deps.config.lookup_key.get()?, deps.clock.wall());
    let (code, text) = SecureCode::generate(lookup_key, &user, wall)?;
    let event = Event::new(&deps, user.brand, author.effect("staff:secure-code", user.id));
    let tx = deps.table.tx().create(SecureCode::NAME, &code).create(Event::NAME, &event);
    tx.commit().await?;
    let expires_at =
        Timestamp::from_second(code.expires_at).map_err(|error| ApiError::internal_from(&error))?;
    let code = text.expose_secret().to_owned();
    Ok((StatusCode::CREATED, Json(SecureCodeView { user_id: user.id, code, expires_at })))
}
