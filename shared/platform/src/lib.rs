//! Everything that touches the outside: configuration, storage, HTTP, AWS, time.

pub mod allocation;
pub mod auth;
pub mod aws;
pub mod clock;
pub mod config;
pub mod csv;
mod deps;
pub mod documents;
pub mod http;
pub mod imports;
pub mod jobs;
pub mod lambda;
pub mod origination;
pub mod pii;
pub mod renegotiation;
pub mod servicing;
pub mod store;
pub mod telemetry;
#[cfg(test)]
mod testing;
pub mod views;
pub mod whatsapp;

pub use deps::{Clients, Deps};
