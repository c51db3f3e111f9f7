//! The composed system over the wire.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod administration;
mod architecture;
mod cloud;
mod crm;
mod engagement;
mod harness;
mod identity;
mod lambda_path;
mod night;
mod openapi;
mod origination;
mod privacy;
mod sandbox;
mod search;
mod servicing;
mod smoke;
