//! Loans: the contract and its life.

pub mod loan;
pub mod status;
