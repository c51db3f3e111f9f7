//! Renegotiations: offers side by side, proposals, and the decision about them.

mod approve;
mod get;
mod list;
mod propose;
mod reject;
mod simulate;
mod view;

use platform::http::{ApiError, Routes};
use platform::store::{Renegotiation, RenegotiationStatus};

pub use list::RenegotiationFilters;
pub use propose::NewRenegotiation;
pub use reject::RenegotiationRejection;
pub use simulate::{Simulation, SimulationView};
pub use view::{NewInvoiceView, OfferView, RenegotiationView};

/// The routes of the function.
pub fn router() -> Routes {
    platform::routes![
        simulate::simulate,
        list::list,
        propose::propose,
        get::get,
        approve::approve,
        reject::reject,
    ]
}

/// 409 for a renegotiation that does not wait for a decision.
fn proposed(renegotiation: &Renegotiation) -> Result<(), ApiError> {
    match renegotiation.status {
        RenegotiationStatus::Proposed => Ok(()),
        status @ (RenegotiationStatus::Approved
        | RenegotiationStatus::Rejected
        | RenegotiationStatus::Expired) => Err(ApiError::conflict(format!(
            "the renegotiation does not wait for a decision: it is {status}"
        ))),
    }
}
