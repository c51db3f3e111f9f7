//! What whoever runs the system sees of it: a request through all the functions, metrics, logs
//! without personal data or secrets, and the answer to "does it run?".

pub mod capture;
mod health;
mod metrics;
mod redaction;
mod request;
