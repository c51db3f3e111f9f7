//! Portfolios from other systems: a CSV file of contracts becomes running loans.

mod create;
mod get;
mod view;

pub use create::CreateImport;
pub use view::{Figure, ImportView, Reconciliation};

/// The largest body of a request: a file with what JSON adds to it, below Lambda's own 6 MB.
const BODY_LIMIT_BYTES: usize = platform::imports::FILE_LIMIT_BYTES + 1024 * 1024;

/// `/api/v1/partner/brand/{brandId}/imports…`
pub fn router() -> platform::http::Routes {
    platform::routes![create::create, get::get]
        .layer(axum::extract::DefaultBodyLimit::max(BODY_LIMIT_BYTES))
}
