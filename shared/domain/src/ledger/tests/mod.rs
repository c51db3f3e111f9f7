#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod charges;
mod renegotiation;
mod support;
