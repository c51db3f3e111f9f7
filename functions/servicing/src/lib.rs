//! Money that comes back: invoices, payments, renegotiations and collections.

pub mod collections;
pub mod invoices;
pub mod payments;
pub mod renegotiations;
