//! Who looks after a customer, and who may borrow again.

mod allocation;
mod reloan;

pub use allocation::{Candidate, choose};
pub use reloan::{History, NotYet, may_borrow_again};
