//! What a loan costs, as the borrower is told before accepting it: India's APR of the Key Facts
//! Statement, Brazil's CET, and the tax on credit that is part of it.

pub mod cost;
pub mod iof;
mod irr;

pub use cost::{Disclosure, DisclosureExplanation, TimeBasis};
