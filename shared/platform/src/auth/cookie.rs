//! The cookies of a signed-in browser.
//!
//! Access and refresh token are out of reach of scripts; the CSRF token is for scripts to read and
//! send back. All three are `SameSite=Strict`.

use axum::response::AppendHeaders;
use http::{HeaderMap, HeaderName, header};

/// The refresh token travels to the routes that need it, and to no other.
const REFRESH_PATH: &str = "/api/v1/partner/auth";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cookie {
    Access,
    Refresh,
    Csrf,
}

impl Cookie {
    const ALL: [Self; 3] = [Self::Access, Self::Refresh, Self::Csrf];

    /// With the prefixes by which browsers keep other hosts from setting them, which plain http
    /// cannot have.
    pub(crate) const fn name(self, insecure: bool) -> &'static str {
        match (self, insecure) {
            (Self::Access, false) => "__Host-parcela_access",
            (Self::Refresh, false) => "__Secure-parcela_refresh",
            (Self::Csrf, false) => "__Host-parcela_csrf",
            (Self::Access, true) => "parcela_access",
            (Self::Refresh, true) => "parcela_refresh",
            (Self::Csrf, true) => "parcela_csrf",
        }
    }

    /// The cookie's value, where the request has it exactly once.
    pub fn read(self, headers: &HeaderMap, insecure: bool) -> Option<&str> {
        let name = self.name(insecure);
        let mut found = headers
            .get_all(header::COOKIE)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .filter(|(key, _)| *key == name);
        let (_, value) = found.next()?;
        found.next().is_none().then_some(value)
    }

    fn set(self, value: &str, max_age_seconds: i64, insecure: bool) -> (HeaderName, String) {
        let name = self.name(insecure);
        let path = if self == Self::Refresh { REFRESH_PATH } else { "/" };
        let secure = if insecure { "" } else { "; Secure" };
        let http_only = if self == Self::Csrf { "" } else { "; HttpOnly" };
        let cookie = format!(
            "{name}={value}; Path={path}; Max-Age={max_age_seconds}; SameSite=Strict{secure}{http_only}"
        );
        (header::SET_COOKIE, cookie)
    }
}

/// Headers to put before a response's body: `(cookies, Json(…))`.
pub type SetCookies = AppendHeaders<[(HeaderName, String); 3]>;

/// The values of a session's three cookies.
#[derive(Clone, Copy)]
pub struct SessionCookies<'a> {
    pub access: &'a str,
    pub refresh: &'a str,
    pub csrf: &'a str,
    /// How long the browser keeps them: the life of the refresh token.
    pub max_age_seconds: i64,
}

impl SessionCookies<'_> {
    pub fn set(self, insecure: bool) -> SetCookies {
        AppendHeaders([
            Cookie::Access.set(self.access, self.max_age_seconds, insecure),
            Cookie::Refresh.set(self.refresh, self.max_age_seconds, insecure),
            Cookie::Csrf.set(self.csrf, self.max_age_seconds, insecure),
        ])
    }
}

impl std::fmt::Debug for SessionCookies<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SessionCookies").finish_non_exhaustive()
    }
}

/// Makes the browser forget the session.
pub fn clear(insecure: bool) -> SetCookies {
    AppendHeaders(Cookie::ALL.map(|cookie| cookie.set("", 0, insecure)))
}

#[cfg(test)]
mod tests {
    use axum::response::{AppendHeaders, IntoResponse};
    use http::{HeaderMap, HeaderValue, header};

    use super::{Cookie, SessionCookies, clear};

    const COOKIES: SessionCookies<'static> =
        SessionCookies { access: "a.b.c", refresh: "rt_1.2", csrf: "ff", max_age_seconds: 60 };

    fn set_cookie(headers: AppendHeaders<[(header::HeaderName, String); 3]>) -> Vec<String> {
        let response = headers.into_response();
        let values = response.headers().get_all(header::SET_COOKIE).iter();
        values.filter_map(|value| value.to_str().ok()).map(str::to_owned).collect()
    }

    #[test]
    fn over_https_the_cookies_are_locked_down() {
        assert_eq!(
            set_cookie(COOKIES.set(false)),
            [
                "__Host-parcela_access=a.b.c; Path=/; Max-Age=60; SameSite=Strict; Secure; HttpOnly",
                "__Secure-parcela_refresh=rt_1.2; Path=/api/v1/partner/auth; Max-Age=60; \
                 SameSite=Strict; Secure; HttpOnly",
                "__Host-parcela_csrf=ff; Path=/; Max-Age=60; SameSite=Strict; Secure",
            ]
        );
        assert!(
            set_cookie(clear(false))
                .iter()
                .all(|cookie| cookie.contains("=; ") && cookie.contains("Max-Age=0"))
        );
    }

    #[test]
    fn a_cookie_is_read_where_it_is_there_once() {
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, HeaderValue::from_static("x=1; parcela_access=abc; y=2"));
        assert_eq!(Cookie::Access.read(&headers, true), Some("abc"));
        assert_eq!(Cookie::Access.read(&headers, false), None);
        headers.append(header::COOKIE, HeaderValue::from_static("parcela_access=other"));
        assert_eq!(Cookie::Access.read(&headers, true), None);
    }
}
