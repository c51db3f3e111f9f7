//! Invoices as of today: listed, explained, waived.

mod get;
mod list;
mod waive;

use platform::http::Routes;

pub use list::InvoiceFilters;
pub use waive::NewWaiver;

/// The routes of the function.
pub fn router() -> Routes {
    platform::routes![list::list, get::get, waive::waive]
}
