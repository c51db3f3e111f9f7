//! Who is calling and what they may do.

pub mod access;
pub mod allowed;
pub mod api_key;
pub mod cookie;
pub mod csrf;
pub mod password;
pub mod permission;
pub mod refresh;
pub mod staff;

pub use access::{Actor, ActorId, Kind};
pub use allowed::{Allowed, Public, Staff, SuperAdmin};
pub use permission::{Department, Permission};
