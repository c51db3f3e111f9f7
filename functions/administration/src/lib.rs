//! The administration area.
