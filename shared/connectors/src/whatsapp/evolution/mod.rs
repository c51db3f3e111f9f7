//! Evolution API v2, a self-hosted gateway that speaks WhatsApp Web
//! (<https://github.com/EvolutionAPI/evolution-api>).

mod client;
mod map;
pub mod webhook;
mod wire;

pub use client::Evolution;
