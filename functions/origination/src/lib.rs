//! How a loan comes about: customers, quotes, requests, decisions, activation.

pub mod agreements;
mod comment;
pub mod customers;
pub mod loans;
mod request;
