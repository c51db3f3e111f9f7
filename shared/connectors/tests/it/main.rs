//! The connectors against servers that answer as the providers do.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod ends;
mod evolution_calls;
mod evolution_webhook;
mod msg91;
mod ses;
mod signature;
