//! What several functions show of the same records.

mod invoice;
mod loan;

pub use invoice::{InvoiceView, SplitView};
pub use loan::{LoanSummary, LoanView};
