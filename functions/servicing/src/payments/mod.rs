//! Payments on loans: recorded, approved or rejected, taken back, listed.

mod approval;
mod approve;
mod credit;
mod failure;
mod get;
mod list;
mod process;
mod refund;
mod reject;
mod view;

use platform::http::Routes;

pub use list::PaymentFilters;
pub use process::NewPayment;
pub use refund::NewRefund;
pub use reject::Rejection;
pub use view::{AllocationView, PaymentView, RefundView};

/// The routes of the function.
pub fn router() -> Routes {
    platform::routes![
        list::list,
        process::process,
        approval::approval,
        get::get,
        approve::approve,
        reject::reject,
        refund::refund,
    ]
}
