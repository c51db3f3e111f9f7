//! Amazon SES, API v2, through the AWS SDK.

mod client;
mod map;

pub use client::{Ses, configured};
