//! The rules of lending, pure: no clock, no I/O, no randomness, no floating point.
//!
//! Every function takes the business date it needs as an argument; money is [`money::Amount`].

pub mod calendar;
pub mod crm;
pub mod disclosure;
pub mod dunning;
pub mod figures;
pub mod identity;
pub mod ids;
pub mod invoices;
pub mod jurisdiction;
pub mod ledger;
pub mod loans;
pub mod money;
pub mod renegotiations;
pub mod search;
pub mod settlements;
