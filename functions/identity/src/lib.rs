//! The identity area.
