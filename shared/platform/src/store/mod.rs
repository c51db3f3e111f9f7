//! The one table: records as entities, conditional writes, transactions.

mod brand;
mod comments;
mod communications;
mod customers;
mod effect;
mod entity;
mod error;
mod expression;
pub mod idempotency;
mod imports;
mod list;
mod loans;
mod lookup;
mod meter;
mod notifications;
mod payments;
mod platform_settings;
mod run;
mod schema;
mod session;
mod shard;
mod staff;
mod table;
mod tx;
mod user_reminders;

pub use brand::{
    BRANDS_LIMIT, Brand, Brands, Charges, ContactSettings, Dunning, PAUSE_DEFAULT_MILLIS,
    PaymentReminders,
};
pub use comments::{Comment, Subject};
pub use communications::{
    Admits, Chosen, Communication, Contact, Delivery, Dispatch, DunningPause, IllegalStatus,
    PauseCause, Queued, Reason, STEP_LIMIT_DAYS, Slot, Steps, TEMPLATES_LIMIT, Template, Templates,
    WhatsappInstance, report,
};
pub use customers::{
    CUSTOMER_LOANS_LIMIT, Customer, CustomerLoan, CustomerStatus, Customers, Taken, Unique,
};
pub use effect::{AuditRecord, Author, Effect, Event};
pub use entity::{Entity, Indexes, Item, Key, Versioned};
pub use error::StoreError;
pub use expression::{Condition, Update};
pub use imports::{ContractReference, Import, ImportCounts, ImportStatus};
pub use loans::{
    Decide, JournalItem, LoanChange, LoanRecord, Loans, MONEY_LIMIT_TRIES, PackError, Plan, Retry,
};
pub use lookup::keyed_hash;
pub use meter::{Consumed, Meter};
pub use notifications::{NOTIFICATIONS_LIMIT, Notification};
pub use payments::{
    Decision, NotAReference, Payment, PaymentMethod, PaymentReference, PaymentStatus, Payments,
    Posted,
};
pub use platform_settings::PlatformSettings;
pub use run::Run;
pub use schema::create_table;
pub use session::{
    ActivitySession, SECURE_CODE_LIFE_SECONDS, SESSION_LIFE_SECONDS, SecureCode, Session,
    SessionEnd,
};
pub use shard::{SHARDS_LIMIT, Shard};
pub use staff::{PasswordHash, StaffError, StaffUser};
pub use table::{Bookmark, Consistency, Range, Slice, Table};
pub use tx::{TRANSACTION_LIMIT_ITEMS, Tx};
pub use user_reminders::{ReminderMetrics, ReminderState, UserReminder};
