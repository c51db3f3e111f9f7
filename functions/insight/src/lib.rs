//! The insight area.
