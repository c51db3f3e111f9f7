//! What the routes of this function share: sessions as the client gets and presents them.

use axum::Json;
use axum::http::HeaderMap;
use domain::ids::{BrandId, StaffId};
use jiff::Timestamp;
use platform::Deps;
use platform::auth::access::{self, ACCESS_TOKEN_LIFE_SECONDS};
use platform::auth::cookie::{Cookie, SessionCookies, SetCookies};
use platform::auth::refresh::RefreshToken;
use platform::auth::{Department, Permission, csrf};
use platform::http::ApiError;
use platform::store::{Session, StaffUser};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How a client holds its tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Delivery {
    /// In HttpOnly cookies: for browsers.
    #[default]
    Cookie,
    /// In the body, to be sent as `Authorization: Bearer`: for apps and other systems.
    Bearer,
}

/// A session as the client gets it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SignedIn {
    #[schema(value_type = String, example = "staff_01JZ8Q4M6T3N5V7X9Y1B2C3D4E")]
    pub user_id: StaffId,
    /// Null for an administrator of the platform.
    #[schema(value_type = Option<String>, example = "brand_01JZ8Q4M6T3N5V7X9Y1B2C3D4E")]
    pub brand_id: Option<BrandId>,
    pub department: Department,
    /// The department's permissions and the user's own.
    pub permissions: Vec<Permission>,
    /// The life of the access token.
    #[schema(example = 900)]
    pub expires_in_seconds: i64,
    /// When the user has to sign in again.
    #[schema(value_type = String, format = DateTime)]
    pub session_expires_at: Timestamp,
    /// COOKIE only: to be sent back as `x-csrf-token`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub csrf_token: Option<String>,
    /// BEARER only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_token: Option<String>,
    /// BEARER only; good once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
}

/// The answer that hands a session's tokens to the client.
pub(super) type Answer = (Option<SetCookies>, Json<SignedIn>);

/// Signs an access token for the session and delivers it with the refresh token.
pub(super) fn answer(
    deps: &Deps,
    user: &StaffUser,
    session: &Session,
    refresh: &RefreshToken,
    delivery: Delivery,
) -> Result<Answer, ApiError> {
    let key = deps.config.token_key.get()?;
    let wall = deps.clock.wall();
    let access = access::sign_under(key, &user.actor(session.id), user.credentials, wall)
        .map_err(|error| ApiError::internal_from(&error))?;
    let session_expires_at = Timestamp::from_second(session.expires_at)
        .map_err(|error| ApiError::internal_from(&error))?;
    let mut signed_in = SignedIn {
        user_id: user.id,
        brand_id: user.brand,
        department: user.department,
        permissions: user.all_permissions(),
        expires_in_seconds: ACCESS_TOKEN_LIFE_SECONDS,
        session_expires_at,
        csrf_token: None,
        access_token: None,
        refresh_token: None,
    };
    let cookies = match delivery {
        Delivery::Cookie => {
            let csrf = csrf::token(key, session.id)?;
            let cookies = SessionCookies {
                access: &access,
                refresh: &refresh.expose(),
                csrf: &csrf,
                max_age_seconds: session.expires_at - wall.as_second(),
            }
            .set(deps.config.insecure_cookies);
            signed_in.csrf_token = Some(csrf);
            Some(cookies)
        }
        Delivery::Bearer => {
            signed_in.access_token = Some(access);
            signed_in.refresh_token = Some(refresh.expose());
            None
        }
    };
    Ok((cookies, Json(signed_in)))
}

/// The refresh token that a request brings: in the body, or in the cookie together with the CSRF
/// token (403). `None` where there is none, or what is there is not a token.
pub(super) fn presented(
    deps: &Deps,
    headers: &HeaderMap,
    in_body: Option<&str>,
) -> Result<Option<(RefreshToken, Delivery)>, ApiError> {
    if let Some(text) = in_body {
        return Ok(text.parse().ok().map(|token| (token, Delivery::Bearer)));
    }
    let insecure = deps.config.insecure_cookies;
    let cookie = Cookie::Refresh.read(headers, insecure);
    let Some(token) = cookie.and_then(|text| text.parse::<RefreshToken>().ok()) else {
        return Ok(None);
    };
    csrf::check(deps.config.token_key.get()?, token.session, headers, insecure)?;
    Ok(Some((token, Delivery::Cookie)))
}
