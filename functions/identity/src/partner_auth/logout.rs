use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use platform::Deps;
use platform::auth::Public;
use platform::auth::cookie::{self, SetCookies};
use platform::http::{ApiError, Body, ErrorBody, RequestId};
use platform::store::{Session, SessionEnd};

use super::refresh_token::{PresentedToken, end};
use super::session::presented;

/// Ends the session of the refresh token, in the body or in the cookie (then with the header
/// `x-csrf-token`), and clears the cookies. The answer is the same where it has ended already.
#[utoipa::path(
    post,
    path = "/api/v1/partner/auth/logout",
    tag = "partner-auth",
    request_body = PresentedToken,
    responses((status = 204, description = "signed out"), (status = 403, description = "the CSRF token is missing or wrong", body = ErrorBody))
)]
pub(super) async fn logout(
    _: Public,
    State(deps): State<Deps>,
    headers: HeaderMap,
    request: RequestId,
    Body(body): Body<PresentedToken>,
) -> Result<(StatusCode, SetCookies), ApiError> {
    if let Some((token, _)) = presented(&deps, &headers, body.refresh_token.as_deref())?
        && let Some(session) = Session::load(&deps.table, token.session, deps.clock.wall()).await?
    {
        let reason =
            if session.accepts(&token) { SessionEnd::Logout } else { SessionEnd::TokenReused };
        end(&deps, &session, reason, &request).await?;
    }
    Ok((StatusCode::NO_CONTENT, cookie::clear(deps.config.insecure_cookies)))
}
