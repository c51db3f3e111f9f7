//! Loans in the table: the one item, its journal, and the write that keeps all sums equal.

mod commit;
mod journal;
mod packed;
mod record;
#[cfg(test)]
mod tests;

pub use commit::{Decide, LoanChange, Loans, MONEY_LIMIT_TRIES, Retry};
pub use journal::{JournalItem, Postings};
pub use packed::PackError;
pub use record::{Ending, LoanRecord, Plan};
