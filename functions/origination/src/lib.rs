//! How a loan comes about: customers, quotes, requests, decisions, activation.

mod comment;
pub mod customers;
pub mod loans;
mod request;
