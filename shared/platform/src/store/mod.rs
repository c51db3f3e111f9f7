//! The one table: records as entities, conditional writes, transactions.

mod brand;
mod entity;
mod error;
mod expression;
mod meter;
mod schema;
mod table;
mod tx;

pub use brand::{BRANDS_LIMIT, Brand, Brands, Charges, Dunning};
pub use entity::{Entity, Indexes, Item, Key, Versioned};
pub use error::StoreError;
pub use expression::{Condition, Update};
pub use meter::{Consumed, Meter};
pub use schema::create_table;
pub use table::{Consistency, Position, Range, Slice, Table};
pub use tx::{TRANSACTION_LIMIT_ITEMS, Tx};
