//! Collections: what is to be collected, what was done about it, and contracts that are over.

mod allocate;
mod completed;
mod entry;
mod field_visit;
mod list;
mod payoff_quote;
mod promise;
mod repayment_timeline;
mod settlement;
mod view;
mod write_off;

use platform::http::Routes;

pub use allocate::{Allocation, Allocations, BulkAllocation};
pub use completed::CompletedFilters;
pub use entry::{CollectionEntryView, PromiseState};
pub use field_visit::NewFieldVisit;
pub use list::{CollectionFilters, OpenFilters};
pub use payoff_quote::{PayoffLineView, PayoffQuoteView};
pub use promise::NewPromise;
pub use repayment_timeline::{NewContact, RepaymentTimeline, StandingSettlement};
pub use settlement::{NewSettlement, SettlementView};
pub use view::{CollectionItem, CompletedItem};
pub use write_off::NewWriteOff;

/// The routes of the function.
pub fn router() -> Routes {
    platform::routes![
        list::all,
        list::pre,
        list::post,
        repayment_timeline::get,
        repayment_timeline::note_contact,
        payoff_quote::payoff_quote,
        settlement::settlement,
        write_off::write_off,
        allocate::allocate,
        promise::promise_to_pay,
        field_visit::field_visit,
        completed::all,
        completed::closed,
        completed::settled,
        completed::written_off,
    ]
}
