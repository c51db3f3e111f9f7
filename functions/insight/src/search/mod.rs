//! Finding a customer or a loan by fragments.

mod global;

use platform::http::Routes;

pub use global::{GlobalSearch, SearchHit};

/// The route of the search; it belongs to the function `reports`.
pub fn router() -> Routes {
    platform::routes![global::search]
}
