//! `customers`: borrowers, who looks after them, their loans, documents, comments and timeline, and
//! what privacy law gives them.

mod allocate;
mod comment;
mod create;
mod documents;
mod erase;
mod export;
mod get;
mod list;
mod loans;
mod reloan;
mod staff;
mod status;
mod timeline;
mod unallocated;
mod update;
mod view;

use domain::identity::Phone;
use platform::http::{ApiError, Routes};
use platform::origination::jurisdiction;
use platform::store::{Brand, Customer, CustomerStatus, StoreError, Taken};

pub use create::CreateCustomer;
pub use timeline::TimelineLine;
pub use update::{Change, UpdateCustomer};
pub use view::CustomerView;

const PHONE_LIMIT_CHARS: usize = 32;
const REFERENCE_LIMIT_CHARS: usize = 64;
const REASON_LIMIT_CHARS: usize = 500;

/// The routes of `customers`.
pub fn router() -> Routes {
    platform::routes![
        allocate::allocate,
        comment::create,
        create::create,
        documents::complete::complete,
        documents::create::create,
        documents::list::list,
        documents::review::reject,
        documents::review::verify,
        erase::erase,
        export::export,
        get::get,
        list::list,
        loans::loans,
        reloan::reloan,
        status::set,
        timeline::timeline,
        unallocated::unallocated,
        update::update,
    ]
}

/// 409: nothing about an erased customer changes any more.
fn not_erased(customer: &Customer) -> Result<(), ApiError> {
    if customer.status == CustomerStatus::Erased {
        return Err(erased());
    }
    Ok(())
}

pub(crate) fn erased() -> ApiError {
    ApiError::conflict("the customer was erased")
}

/// 400: a customer is erased by the route that does it, not by a status.
fn settable(status: CustomerStatus) -> Result<(), ApiError> {
    if status == CustomerStatus::Erased {
        return Err(ApiError::invalid_field("status", "must be ACTIVE, INACTIVE or BLOCKED"));
    }
    Ok(())
}

/// An international number, or one of the brand's country.
fn phone(text: &str, brand: &Brand) -> Result<Phone, ApiError> {
    let parsed = match jurisdiction(brand) {
        Some(country) => Phone::parse_in(text, country),
        None => text.parse(),
    };
    parsed.map_err(|error| ApiError::invalid_field("phone", error.to_string()))
}

/// 409 that names the field whose value is another customer's, or the stale version.
fn not_saved(error: StoreError) -> ApiError {
    match Taken::of(&error) {
        Some(taken) => ApiError::conflict(taken.to_string()),
        None => error.into(),
    }
}
