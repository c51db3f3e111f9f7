use axum::extract::State;
use axum::http::HeaderMap;
use garde::Validate;
use platform::Deps;
use platform::auth::Public;
use platform::http::{ApiError, Body, ErrorBody, RequestId};
use platform::store::{Author, Event, Session, SessionEnd, StaffUser, StoreError};
use serde::Deserialize;
use utoipa::ToSchema;

use super::session::{Answer, SignedIn, answer, presented};

/// The longest text that could be a refresh token, with room to spare.
const REFRESH_TOKEN_LIMIT_BYTES: usize = 256;

/// A refresh token; absent where it is in the cookie.
#[derive(Debug, Default, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PresentedToken {
    #[serde(default)]
    #[garde(length(bytes, max = REFRESH_TOKEN_LIMIT_BYTES))]
    pub refresh_token: Option<String>,
}

/// Replaces the refresh token and gives a new access token, the way the old one came: in the body,
/// or in cookies with the header `x-csrf-token`. A token that was replaced before ends the session:
/// it, or its replacement, is in wrong hands.
#[utoipa::path(
    post,
    path = "/api/v1/partner/auth/refresh-token",
    tag = "partner-auth",
    request_body = PresentedToken,
    responses(
        (status = 200, description = "signed in", body = SignedIn),
        (status = 401, description = "sign in again", body = ErrorBody),
        (status = 403, description = "the CSRF token is missing or wrong", body = ErrorBody),
        (status = 409, description = "refreshed by another request at the same time", body = ErrorBody)
    )
)]
pub(super) async fn refresh_token(
    _: Public,
    State(deps): State<Deps>,
    headers: HeaderMap,
    request: RequestId,
    Body(body): Body<PresentedToken>,
) -> Result<Answer, ApiError> {
    let refused = |log: &str| ApiError::unauthenticated().log(log);
    let (token, delivery) = presented(&deps, &headers, body.refresh_token.as_deref())?
        .ok_or_else(|| refused("no refresh token"))?;
    let mut session = Session::load(&deps.table, token.session, deps.clock.wall())
        .await?
        .ok_or_else(|| refused("the session has ended"))?;
    if !session.accepts(&token) {
        end(&deps, &session, SessionEnd::TokenReused, &request).await?;
        return Err(refused("a replaced refresh token came again"));
    }
    let user = StaffUser::load(&deps.table, session.staff).await?;
    let Some(user) = user.filter(|user| session.is_of(user)) else {
        end(&deps, &session, SessionEnd::Revoked, &request).await?;
        return Err(refused("the user's sessions were revoked"));
    };
    let next = session.rotate(&deps.table, deps.now()).await?;
    answer(&deps, &user, &session, &next, delivery)
}

/// Ends a session in the name of its user.
pub(super) async fn end(
    deps: &Deps,
    session: &Session,
    end: SessionEnd,
    request: &RequestId,
) -> Result<(), StoreError> {
    let effect = Author::new(session.staff).request(request).effect(end.action(), session.staff);
    session.end(&deps.table, end, &Event::new(deps, session.brand, effect)).await
}
