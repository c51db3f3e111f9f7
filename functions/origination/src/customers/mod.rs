//! `customers`: borrowers, their loans, comments and timeline.

use platform::http::Routes;

/// The routes of `customers`.
pub fn router() -> Routes {
    Routes::new()
}
