//! Measurements, as counts of calls, capacity units and instructions.

pub mod night;
pub mod portfolio;
pub mod stage;
pub mod start;
