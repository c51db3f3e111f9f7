//! The engagement area.
