//! Figures over a whole portfolio.

pub mod dashboard;
