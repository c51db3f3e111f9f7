use axum::extract::State;
use axum::http::StatusCode;
use garde::Validate;
use platform::Deps;
use platform::auth::password::{self, Password};
use platform::auth::{Staff, staff};
use platform::http::{ApiError, Body, ClientIp, RequestId, rate_limit};
use platform::store::{Author, Entity, Event, Session};
use serde::Deserialize;
use utoipa::ToSchema;

use super::me::user_of;

#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub struct ChangePassword {
    pub current_password: Password,
    /// At least 12 characters, not the e-mail address.
    pub new_password: Password,
}

/// Changes one's own password. The user's other sessions end; this one goes on with its next refresh,
/// which is due at once: access tokens given out before are of no use any more. Ten tries a minute.
#[utoipa::path(
    post,
    path = "/api/v1/partner/auth/change-password",
    tag = "partner-auth",
    request_body = ChangePassword,
    responses((status = 204, description = "changed"))
)]
pub(super) async fn change_password(
    Staff(actor): Staff,
    State(deps): State<Deps>,
    ip: ClientIp,
    request: RequestId,
    Body(body): Body<ChangePassword>,
) -> Result<StatusCode, ApiError> {
    rate_limit::sign_in(&deps, ip, &actor.id.to_string()).await?;
    let mut user = user_of(&deps, &actor).await?;
    let mut session = Session::load(&deps.table, actor.session, deps.clock.wall())
        .await?
        .filter(|session| session.is_of(&user))
        .ok_or_else(|| ApiError::unauthenticated().log("the session has ended"))?;
    let current = body.current_password.secret();
    if !password::verify(current, Some(user.password_hash.as_str())).await {
        return Err(ApiError::invalid_field("currentPassword", "is not your password"));
    }
    body.new_password
        .check(&user.email)
        .map_err(|weak| ApiError::invalid_field("newPassword", weak.to_string()))?;

    user.password_hash = staff::hash(&body.new_password).await?;
    user.updated_at = deps.now();
    let effect = Author::of_request(&actor, &request).effect("auth:password", user.id);
    let event = Event::new(&deps, user.brand, effect);
    let tx = user.revoke_in(deps.table.tx(), deps.clock.wall());
    let tx = user.change_in(tx);
    session.keep_in(tx, &user).create(Event::NAME, &event).commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
