//! What every HTTP function shares: errors, extractors, pages, and [`finish`].

pub mod body;
pub mod context;
mod cors;
pub mod declare;
pub mod error;
mod fields;
mod finish;
pub mod idempotency;
pub mod if_match;
pub mod once;
pub mod page;
pub mod path;
pub mod period;
pub mod query;
pub mod rate_limit;
#[cfg(test)]
mod tests;

pub use body::Body;
pub use context::{ClientIp, RequestId};
pub use declare::Routes;
pub use error::{ApiError, ErrorBody, FieldError};
pub use fields::RequestType;
pub use finish::finish;
pub(crate) use finish::panic_text;
pub use idempotency::{Fingerprint, IdempotencyKey, Idempotent, Intent, MaybeIdempotent};
pub use if_match::IfMatch;
pub use once::{Begin, Once, begin_once, once, replay};
pub use page::{List, NoFilters, Page, PageParams};
pub use path::Path;
pub use query::Query;
