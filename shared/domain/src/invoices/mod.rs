//! Invoices: charges, payments, waivers and early payoff.

mod allocation;
mod invoice;
mod overdue;
mod pay;
mod payoff;
mod servicing;
mod split;
mod waive;

pub use allocation::Allocation;
pub use invoice::{Explanation, Installment, Invoice, InvoiceStatus};
pub use overdue::{Advanced, Overdue};
pub use pay::PaymentCommand;
pub use payoff::{PayoffLine, PayoffQuote};
pub use servicing::{AllocationOrder, ChargeRounding, Rebate, ServicingTerms, days_between};
pub use split::{Part, Split};
pub use waive::{Charge, WaiveCommand, WaivePenaltiesCommand};
