//! What collections did about a loan.

use domain::ids::{BrandId, CollectionEntryId, LoanId};
use domain::money::Amount;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Entity, Key, LoanRecord};
use crate::auth::ActorId;

/// How somebody was reached, or tried to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ContactKind {
    Call,
    Message,
    Email,
    Letter,
    Meeting,
    Note,
}

/// What came of a visit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum VisitOutcome {
    Met,
    Paid,
    Promised,
    Refused,
    NotAtHome,
    Moved,
    UnknownAddress,
    Deceased,
}

/// Where a visit was, in degrees of WGS 84: it tells where somebody lives.
#[derive(Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Position {
    pub latitude: f64,
    pub longitude: f64,
}

impl std::fmt::Debug for Position {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Position(***)")
    }
}

/// What was done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "SCREAMING_SNAKE_CASE", rename_all_fields = "camelCase")]
pub enum CollectionAct {
    Contact {
        channel: ContactKind,
    },
    /// The customer said to pay a sum by a date.
    PromiseToPay {
        amount: Amount,
        by: Date,
        on: Date,
    },
    FieldVisit {
        position: Position,
        outcome: VisitOutcome,
        visited_at: Timestamp,
    },
}

/// One entry of a loan's timeline of collections; never changed.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CollectionEntry {
    pub brand: BrandId,
    pub loan: LoanId,
    pub id: CollectionEntryId,
    pub at: Timestamp,
    pub author: ActorId,
    pub act: CollectionAct,
    /// Free text: it may hold personal data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

impl CollectionEntry {
    pub const SORT_PREFIX: &'static str = "CE#";
}

impl std::fmt::Debug for CollectionEntry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { loan, id, act, .. } = self;
        f.debug_struct("CollectionEntry")
            .field("loan", loan)
            .field("id", id)
            .field("act", act)
            .finish_non_exhaustive()
    }
}

impl Entity for CollectionEntry {
    const NAME: &'static str = "collection entry";

    fn key(&self) -> Key {
        let partition = LoanRecord::partition(self.brand, self.loan);
        Key::new(partition, format!("{}{}", Self::SORT_PREFIX, self.id.ulid()))
    }
}
