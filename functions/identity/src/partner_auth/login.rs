use axum::extract::State;
use domain::identity::Email;
use garde::Validate;
use platform::Deps;
use platform::auth::Public;
use platform::auth::password::{self, Password};
use platform::http::{ApiError, Body, ClientIp, ErrorBody, RequestId, rate_limit};
use platform::store::{Author, Entity, Event, Session, StaffUser};
use serde::Deserialize;
use utoipa::ToSchema;

use super::session::{Answer, Delivery, SignedIn, answer};

/// Who signs in.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub struct Login {
    #[schema(value_type = String, format = Email, example = "ana.souza@lender.example")]
    pub email: Email,
    pub password: Password,
    #[serde(default)]
    pub delivery: Delivery,
}

/// Signs in with e-mail address and password. The answer to an unknown address, a wrong password
/// and a user who is not active is the same. Ten tries a minute for each address of either kind.
#[utoipa::path(
    post,
    path = "/api/v1/partner/auth/login",
    tag = "partner-auth",
    request_body = Login,
    responses(
        (status = 200, description = "signed in", body = SignedIn),
        (status = 401, description = "not with these", body = ErrorBody),
        (status = 429, description = "too many tries", body = ErrorBody)
    )
)]
pub(super) async fn login(
    _: Public,
    State(deps): State<Deps>,
    ip: ClientIp,
    request: RequestId,
    Body(login): Body<Login>,
) -> Result<Answer, ApiError> {
    rate_limit::sign_in(&deps, ip, login.email.expose()).await?;
    let user =
        StaffUser::by_email(&deps.table, deps.config.lookup_key.get()?, &login.email).await?;
    let stored = user.as_ref().map(|user| user.password_hash.as_str());
    let matches = password::verify(login.password.secret(), stored).await;
    let user = user
        .filter(|user| matches && user.active)
        .ok_or_else(|| ApiError::unauthenticated().log("the sign-in failed"))?;

    let (mut session, token) = Session::new(&deps, &user);
    let effect = Author::new(user.id).request(&request).effect("auth:login", user.id);
    let event = Event::new(&deps, user.brand, effect);
    session.open_in(deps.table.tx()).create(Event::NAME, &event).commit().await?;
    answer(&deps, &user, &session, &token, login.delivery)
}
