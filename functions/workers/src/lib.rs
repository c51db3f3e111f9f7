//! What happens behind the queues and the table's stream.

pub mod accrual;
pub mod audit;
pub mod import;
pub mod noc;
pub mod outbox;
pub mod whatsapp;
