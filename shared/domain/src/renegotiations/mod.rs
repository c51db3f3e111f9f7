//! Renegotiations: new invoices for old ones, charged on the root loan's value.

mod base;
mod renegotiate;

pub use base::spread;
pub use renegotiate::{Renegotiated, RenegotiationCommand};
