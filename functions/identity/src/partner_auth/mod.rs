//! Signing in as staff.
//!
//! A sign-in opens a session: a family of refresh tokens, each good until it is replaced, for 30
//! days at most. A browser (`"delivery": "COOKIE"`, the default) holds the access token (15
//! minutes) and the refresh token in HttpOnly cookies, and sends the session's CSRF token, which
//! it reads from the answer or the third cookie, as the header `x-csrf-token` with every request
//! that changes something. Other clients (`"BEARER"`) get both tokens in the body.
//!
//! Access tokens are not looked up, but for revocations: where a user is deactivated, or what they
//! may do or their password changes, every token given out before is refused from the next call
//! on, and within five seconds where a call only reads. A user who signed out may use the last one
//! to its end.

mod change_password;
mod login;
mod logout;
mod me;
mod refresh_token;
mod secure_code;
mod session;

pub use change_password::ChangePassword;
pub use login::Login;
pub use me::Me;
pub use refresh_token::PresentedToken;
pub use secure_code::RedeemSecureCode;
pub use session::{Delivery, SignedIn};

/// `/api/v1/partner/auth/…`
pub fn router() -> platform::http::Routes {
    platform::routes![
        login::login,
        refresh_token::refresh_token,
        logout::logout,
        me::me,
        change_password::change_password,
        secure_code::secure_code,
    ]
}
