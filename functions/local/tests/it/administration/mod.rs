//! The administration area over the wire.

mod imports;
