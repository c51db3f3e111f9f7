//! The connectors against servers that answer as the providers do.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod evolution_calls;
mod evolution_webhook;
mod signature;
