//! The identity area: who works for a brand, how they sign in, and how other systems do.

pub mod activity;
pub mod api_keys;
pub mod partner_auth;
pub mod staff;
