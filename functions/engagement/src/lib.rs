//! What is said to borrowers.

pub mod communications;
