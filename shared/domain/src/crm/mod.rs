//! Who looks after a customer, and who may borrow again.

mod allocation;
mod reloan;
mod subdomain;
mod tallies;

pub use allocation::{Candidate, choose};
pub use reloan::{History, NotYet, may_borrow_again};
pub use subdomain::{NotASubdomain, Subdomain};
pub use tallies::{CustomerTally, OwnerTally};
