//! Everything that touches the outside: configuration, storage, HTTP, AWS, time.

pub mod aws;
pub mod clock;
pub mod config;
mod deps;
pub mod store;

pub use deps::Deps;
