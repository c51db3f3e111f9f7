use axum::extract::State;
use garde::Validate;
use platform::Deps;
use platform::auth::password::Password;
use platform::auth::{Public, staff};
use platform::http::{ApiError, Body, ClientIp, ErrorBody, RequestId, rate_limit};
use platform::store::{Author, Entity, Event, SecureCode, Session, StaffUser};
use serde::Deserialize;
use utoipa::ToSchema;

use super::session::{Answer, Delivery, SignedIn, answer};

const CODE_LIMIT_BYTES: usize = 64;

#[derive(Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub struct RedeemSecureCode {
    /// As an administrator of the brand handed it over.
    #[garde(length(bytes, min = 1, max = CODE_LIMIT_BYTES))]
    pub code: String,
    /// Sets the password too: for who is new, or forgot it. At least 12 characters, not the e-mail
    /// address.
    #[serde(default)]
    pub new_password: Option<Password>,
    #[serde(default)]
    pub delivery: Delivery,
}

impl std::fmt::Debug for RedeemSecureCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RedeemSecureCode").field("delivery", &self.delivery).finish_non_exhaustive()
    }
}

/// Signs in once with a one-time code, good for 15 minutes, and sets a new password where one is
/// given. The answer to an unknown, a used and an expired code is the same. Ten tries a minute.
#[utoipa::path(
    post,
    path = "/api/v1/partner/auth/secure-code",
    tag = "partner-auth",
    request_body = RedeemSecureCode,
    responses(
        (status = 200, description = "signed in", body = SignedIn),
        (status = 401, description = "the code is not good", body = ErrorBody),
        (status = 429, description = "too many tries", body = ErrorBody)
    )
)]
pub(super) async fn secure_code(
    _: Public,
    State(deps): State<Deps>,
    ip: ClientIp,
    request: RequestId,
    Body(body): Body<RedeemSecureCode>,
) -> Result<Answer, ApiError> {
    let refused = || ApiError::unauthenticated().log("the code is not good");
    rate_limit::sign_in(&deps, ip, &body.code).await?;
    let key = deps.config.lookup_key.get()?;
    let code = SecureCode::find(&deps.table, key, &body.code, deps.clock.wall())
        .await?
        .ok_or_else(refused)?;
    let user = StaffUser::load(&deps.table, code.staff).await?;
    let mut user = user.filter(|user| code.is_of(user)).ok_or_else(refused)?;

    let mut tx = code.redeem_in(deps.table.tx());
    if let Some(password) = &body.new_password {
        password
            .check(&user.email)
            .map_err(|weak| ApiError::invalid_field("newPassword", weak.to_string()))?;
        user.password_hash = staff::hash(password).await?;
        user.updated_at = deps.now();
        tx = user.revoke_in(tx, deps.clock.wall());
        tx = user.change_in(tx);
    }
    let (mut session, token) = Session::new(&deps, &user);
    let effect = Author::new(user.id)
        .request(&request)
        .effect("auth:secure-code", user.id)
        .after("passwordSet", body.new_password.is_some());
    let event = Event::new(&deps, user.brand, effect);
    let signed_in = session.open_in(tx).create(Event::NAME, &event).commit().await;
    match signed_in {
        Err(error) if error.is_conflict_on(SecureCode::NAME) => Err(refused()),
        Err(error) => Err(error.into()),
        Ok(()) => answer(&deps, &user, &session, &token, body.delivery),
    }
}
