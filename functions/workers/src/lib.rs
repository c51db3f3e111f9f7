//! What happens behind the queues and the table's stream.

pub mod accrual;
pub mod audit;
mod dispatch;
pub mod import;
pub mod notify;
pub mod outbox;
pub mod whatsapp;
