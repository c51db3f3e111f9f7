//! `loans`: quotes, requests, decisions, activation, the contract's screen and journal.

mod allocate;
mod comment;
mod create;
mod disbursed_amount;
pub(crate) mod error;
mod explain;
mod generate_ndc;
mod get;
mod invoices;
mod journal;
mod list;
mod quote;
mod statement;
mod status;
mod unallocated;
mod update;

use platform::http::Routes;

pub use create::CreateLoan;
pub use disbursed_amount::DisbursedAmount;
pub use explain::ExplainedView;
pub use journal::{JournalLine, JournalView};
pub use quote::{DisclosureSchema, InstallmentSchema, QuoteSchema, TotalsSchema};
pub use statement::StatementView;
pub use status::{Action, ChangeStatus};
pub use update::UpdateLoan;

/// The routes of `loans`.
pub fn router() -> Routes {
    platform::routes![
        allocate::allocate,
        comment::list,
        comment::create,
        create::create,
        disbursed_amount::disbursed_amount,
        explain::explain,
        generate_ndc::generate_ndc,
        get::get,
        invoices::invoices,
        journal::journal,
        list::list,
        quote::quote,
        statement::statement,
        status::change_status,
        unallocated::unallocated,
        update::update,
    ]
}
