//! The connectors against servers that answer as the providers do.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod evolution_calls;
mod evolution_webhook;
mod signature;
