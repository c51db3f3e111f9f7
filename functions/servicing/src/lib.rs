//! The servicing area.
