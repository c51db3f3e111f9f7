//! The composed system over the wire.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod administration;
mod cloud;
mod engagement;
mod identity;
mod origination;
mod sandbox;
mod servicing;
