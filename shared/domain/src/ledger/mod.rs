//! The journal: commands, balanced entries, and what they add up to.
//!
//! A loan's state is the fold of its [`Command`]s. Each step's [`Entry`] is the difference that it
//! makes to the loan's trial balance ([`crate::loans::loan::Loan::balances`]), so that the journal
//! sums to the loan's totals. Interest becomes income when its invoice is paid or falls overdue.

mod account;
mod balances;
mod command;
mod entry;
mod error;
mod explain;
mod flows;
mod position;
mod rebuild;
mod recorder;
mod replay;
mod tally;
#[cfg(test)]
pub(crate) mod tests;

pub use crate::figures::{Figure, Figures};
pub use account::{Account, Balances};
pub(crate) use balances::transferred_out;
pub use command::{Applied, Command};
pub use entry::{Entry, EntryKind, Posting};
pub use error::CommandError;
pub use explain::{Explained, Rule, Term};
pub use flows::{
    Flows, FlowsByMonth, carried_by_day, carried_by_month, due_by_day, due_by_month, flow_steps,
    flows_by_month,
};
pub use position::Position;
pub use rebuild::{Drift, DriftOf, Rebuilt};
pub use recorder::Changed;
pub(crate) use recorder::Recorder;
pub use tally::Tally;
