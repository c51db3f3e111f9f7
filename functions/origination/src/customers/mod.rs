//! `customers`: borrowers, their loans, comments and timeline.

mod comment;
mod create;
mod get;
mod list;
mod loans;
mod timeline;
mod update;
mod view;

use domain::identity::Phone;
use platform::http::{ApiError, Routes};
use platform::origination::jurisdiction;
use platform::store::{Brand, StoreError, Taken};

pub use create::CreateCustomer;
pub use timeline::TimelineLine;
pub use update::{Change, UpdateCustomer};
pub use view::CustomerView;

const PHONE_LIMIT_CHARS: usize = 32;
const REFERENCE_LIMIT_CHARS: usize = 64;

/// The routes of `customers`.
pub fn router() -> Routes {
    platform::routes![
        comment::create,
        create::create,
        get::get,
        list::list,
        loans::loans,
        timeline::timeline,
        update::update,
    ]
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
