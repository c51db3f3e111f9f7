//! Figures over a whole portfolio, and the search.

pub mod dashboard;
pub mod report;
pub mod reports;
pub mod search;
