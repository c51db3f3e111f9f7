//! Reports, and the search.

use platform::http::Routes;

/// The routes of the function.
pub fn router() -> Routes {
    Routes::new().merge(crate::report::router()).merge(crate::search::router())
}
