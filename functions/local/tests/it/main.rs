//! The composed system over the wire.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod administration;
mod cloud;
mod engagement;
#[expect(dead_code, reason = "it offers more than the first tests of the whole system need")]
mod harness;
mod identity;
mod origination;
mod sandbox;
mod servicing;
mod smoke;
