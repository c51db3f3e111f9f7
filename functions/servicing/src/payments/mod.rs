//! Payments on loans: recorded, approved or rejected, listed.

mod approval;
mod approve;
mod failure;
mod get;
mod list;
mod process;
mod reject;
mod view;

use platform::http::Routes;

pub use list::PaymentFilters;
pub use process::NewPayment;
pub use reject::Rejection;
pub use view::{AllocationView, PaymentView};

/// The routes of the function.
pub fn router() -> Routes {
    platform::routes![
        list::list,
        process::process,
        approval::approval,
        get::get,
        approve::approve,
        reject::reject,
    ]
}
