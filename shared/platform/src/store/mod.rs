//! The one table: records as entities, conditional writes, transactions.

mod activity;
mod aggregates;
mod agreements;
mod api_key;
mod appearance;
pub mod audit;
mod brand;
mod certificates;
mod collections;
mod comments;
mod communications;
mod customers;
mod documents;
mod effect;
mod entity;
mod error;
mod exports;
mod expression;
mod first_administrator;
pub mod idempotency;
mod imports;
mod list;
mod loans;
mod lookup;
mod meter;
mod months;
mod offers;
mod payments;
mod platform_settings;
mod renegotiations;
mod revocation;
mod run;
mod schema;
mod session;
mod shard;
mod staff;
mod staff_load;
mod table;
mod tx;

pub use activity::ActivitySession;
pub use aggregates::{
    AGGREGATE_LIMIT_MONTHS, Additions, Aggregate, Dimension, NotAPlace, Numbers, Place, Sum, Sums,
};
pub use agreements::Agreement;
pub use api_key::{API_KEYS_LIMIT, ApiKey, NewApiKey};
pub use appearance::{Appearance, Color, InvalidColor};
pub use audit::AuditRecord;
pub use brand::{BRANDS_LIMIT, Brand, Brands, Charges, Dunning, Servicing};
pub use certificates::{Certificate, CertificateMessage, CertificateStatus, StoredFile};
pub use collections::{
    CollectionAct, CollectionEntry, ContactKind, Position as VisitPosition, VisitOutcome,
};
pub use comments::{Comment, Subject};
pub use communications::{
    Communication, Delivery, Dispatch, IllegalStatus, Reason, Slot, TEMPLATES_LIMIT, Template,
    Templates, WhatsappInstance, report,
};
pub use customers::{
    CUSTOMER_LOANS_LIMIT, Customer, CustomerLoan, CustomerStatus, Customers, Erasure, Found,
    SEARCH_LIMIT_HITS, Sealing, SearchError, StoredCustomer, Taken, Unique,
};
pub use documents::{
    ContentType, DOCUMENT_LIMIT_BYTES, DOCUMENTS_LIMIT, Document, DocumentKind, DocumentStatus,
    IllegalStep, Review,
};
pub use effect::{Author, Effect, Event};
pub use entity::{Entity, Indexes, Item, Key, Versioned};
pub use error::StoreError;
pub use exports::{EXPORT_KEPT_SECONDS, Export};
pub use expression::{Condition, Update};
pub use first_administrator::FirstAdministrator;
pub use imports::{ContractReference, Import, ImportCounts, ImportStatus};
pub use loans::{
    Decide, Ending, JournalItem, LoanChange, LoanRecord, Loans, MONEY_LIMIT_TRIES, PackError, Plan,
    Postings, Retry,
};
pub use lookup::keyed_hash;
pub use meter::{Consumed, Meter};
pub use months::{PERIOD_LIMIT_DAYS, Period};
pub use offers::{Settlement, SettlementEnd, offers_partition};
pub use payments::{
    Decision, NotAReference, Payment, PaymentMethod, PaymentReference, PaymentStatus, Payments,
    Posted, Refund, RefundKind,
};
pub use platform_settings::PlatformSettings;
pub use renegotiations::{Renegotiation, RenegotiationStatus, Replacement};
pub use revocation::{READERS_LAG_SECONDS, Revocation, Revocations};
pub use run::Run;
pub use schema::create_table;
pub use session::{
    SECURE_CODE_LIFE_SECONDS, SESSION_LIFE_SECONDS, SecureCode, Session, SessionEnd,
};
pub use shard::{SHARDS_LIMIT, Shard};
pub use staff::{PasswordHash, StaffError, StaffUser};
pub use staff_load::StaffLoad;
pub use table::{Bookmark, Consistency, Range, Slice, Table};
pub use tx::{TRANSACTION_LIMIT_ITEMS, Tx};
