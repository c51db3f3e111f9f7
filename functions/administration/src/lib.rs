//! The administration area: the platform, its brands and their settings; portfolios that come in;
//! the health of the system; the description of its API.

pub mod admin;
pub mod docs;
pub mod health;
pub mod imports;
