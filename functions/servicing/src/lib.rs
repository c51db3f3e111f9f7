//! Money that comes back: invoices and payments.

pub mod invoices;
pub mod payments;
