//! What is said to borrowers.

pub mod communications;
pub mod notifications;
