//! Renegotiations: new invoices for old ones, charged on the root loan's value.

mod renegotiate;

pub use renegotiate::{Renegotiated, RenegotiationCommand};
