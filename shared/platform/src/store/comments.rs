use domain::ids::{BrandId, CommentId, CustomerId, LoanId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Customer, Entity, Key, LoanRecord};
use crate::auth::ActorId;

/// What a comment is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Subject {
    Customer(CustomerId),
    Loan(LoanId),
}

impl Subject {
    /// The partition of the record and all that belongs to it.
    pub fn partition(self, brand: BrandId) -> String {
        match self {
            Self::Customer(id) => Customer::partition(brand, id),
            Self::Loan(id) => LoanRecord::partition(brand, id),
        }
    }
}

/// What a person of the brand noted about a customer or a loan; never changed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Comment {
    pub brand: BrandId,
    pub subject: Subject,
    pub id: CommentId,
    pub at: Timestamp,
    pub author: ActorId,
    /// Free text: it may hold personal data.
    pub text: String,
}

impl Comment {
    pub const SORT_PREFIX: &'static str = "CM#";
}

impl std::fmt::Debug for Comment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Comment").field("subject", &self.subject).field("id", &self.id).finish()
    }
}

impl Entity for Comment {
    const NAME: &'static str = "comment";

    fn key(&self) -> Key {
        let sort = format!("{}{}", Self::SORT_PREFIX, self.id.ulid());
        Key::new(self.subject.partition(self.brand), sort)
    }
}
