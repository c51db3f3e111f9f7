//! A brand's figures, added up from the few items that every change keeps true. Nothing is scanned.

mod portfolio;
mod stats;
mod summary;

use platform::http::Routes;

pub use stats::StatsView;
pub use summary::SummaryView;

/// The routes of the function.
pub fn router() -> Routes {
    platform::routes![stats::stats, summary::summary]
}
