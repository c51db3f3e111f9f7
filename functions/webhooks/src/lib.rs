//! What providers report to us. Each function checks who reports, stores what is new of it, and
//! answers quickly; what a report brings about is done elsewhere.

pub mod evolution;
