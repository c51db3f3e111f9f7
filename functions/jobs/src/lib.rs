//! The jobs area.
