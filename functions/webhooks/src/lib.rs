//! The webhooks area.
