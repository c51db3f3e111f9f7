//! Customers and loans, over HTTP against a table.

mod customers;
mod loans;
mod quote;
mod support;
