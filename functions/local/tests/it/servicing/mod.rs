//! Payments, invoices and the dashboard, over the wire against a table.

mod approval;
mod capacity;
mod concurrency;
mod idempotency;
mod invoices;
mod payments;
mod support;
