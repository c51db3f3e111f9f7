//! The origination area.
