//! MSG91, API v5: texts registered as flows.

mod client;
mod map;
mod wire;

pub use client::Msg91;
