//! Contracts from request to closure over HTTP, day by day, with every amount checked by hand.

mod paid;
mod renegotiated;
mod repaired;
mod statement;
