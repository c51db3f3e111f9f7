#![expect(clippy::unwrap_used, reason = "tests")]

mod book;
mod charges;
mod properties;
mod renegotiation;
mod support;
