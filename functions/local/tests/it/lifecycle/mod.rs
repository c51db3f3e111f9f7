//! The whole life of a loan over HTTP, by moving the clock with the real scheduler.

mod renegotiated;
