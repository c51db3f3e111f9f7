//! What serves a contract, over the wire against a table.

mod approval;
mod capacity;
mod collections;
mod concurrency;
mod credit;
mod endings;
mod idempotency;
mod invoices;
mod offers;
mod payments;
mod refunds;
mod renegotiations;
pub(crate) mod support;
mod waivers;
