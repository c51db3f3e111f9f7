//! The administration area: the platform, its brands and their settings.

pub mod admin;
