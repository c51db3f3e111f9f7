//! Loans: what is agreed, the contract and its life.

pub mod closing;
pub mod loan;
pub mod quote;
pub mod schedule;
pub mod status;
pub mod terms;
