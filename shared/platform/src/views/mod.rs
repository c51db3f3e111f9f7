//! What several functions show of the same records.

mod certificate;
mod invoice;
mod loan;

pub use certificate::{CertificateView, FileView};
pub use invoice::{InvoiceView, SplitView};
pub use loan::{LoanSummary, LoanView};
