//! The composed system over the wire.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod administration;
mod architecture;
mod cloud;
mod crash;
mod engagement;
mod facts;
mod harness;
mod identity;
mod isolation;
mod lambda_path;
mod lifecycle;
mod night;
mod observability;
mod openapi;
mod origination;
mod sandbox;
mod servicing;
mod smoke;
