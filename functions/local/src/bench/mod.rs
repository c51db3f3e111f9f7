//! Measurements, as counts of calls and capacity units.

pub mod night;
pub mod portfolio;
pub mod stage;
