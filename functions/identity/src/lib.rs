//! The identity area: who works for a brand, and how they sign in.

pub mod partner_auth;
