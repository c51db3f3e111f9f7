//! Clients of outside providers. Each provider has a port in our own words (a trait by job, such as
//! [`whatsapp::WhatsApp`]), and behind it a folder with the provider's wire format, the mapping to
//! our words and the checks of its webhooks.
//!
//! Every call ends in one of four ways: the value, or a [`http::CallError`] that says whether the
//! provider refused, may be asked again, or may have acted without our knowing.

pub mod email;
pub mod http;
pub mod sms;
pub mod webhook_signature;
pub mod whatsapp;
