//! `agreements`: the contract of a loan and its schedule, as documents.

mod create;
mod get;
mod material;
mod render;
mod schedule;
mod view;

use platform::http::Routes;

/// The routes of the function.
pub fn router() -> Routes {
    platform::routes![create::create, get::get, schedule::schedule]
}
