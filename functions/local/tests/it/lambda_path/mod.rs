//! The functions as Lambda runs them: the real binaries, each a process of its own under a stub of
//! the Runtime API, with the files in `events/`, over the embedded cloud.
#![expect(
    clippy::disallowed_methods,
    reason = "the functions go by the machine's clock; plain HTTP"
)]

mod answer;
mod binaries;
mod events;
mod fixture;
mod http;
mod job;
mod process;
mod queue;
mod records;
