//! Ends of a contract other than payment in full: settlement and write-off.

mod settle;
mod write_off;

pub use settle::SettlementCommand;
