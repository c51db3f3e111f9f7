//! What lapses by itself: offers that stand until a date.

use domain::ids::{BrandId, LoanId, SettlementId};
use domain::money::Amount;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use ulid::Ulid;

use super::{Entity, Indexes, Key, LoanRecord, Versioned};

/// The partition of the sparse index with the standing offers of a shard's loans, by their last
/// date.
pub fn offers_partition(brand: BrandId, shard: u16) -> String {
    format!("B#{}#OF#{shard}", brand.ulid())
}

/// Where a standing offer stands in its partition.
pub(super) fn offer_place(
    brand: BrandId,
    shard: u16,
    until: Date,
    id: Ulid,
) -> Option<(String, String)> {
    Some((offers_partition(brand, shard), format!("{until}#{id}")))
}

/// How a settlement offer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SettlementEnd {
    /// The agreed sum was paid in time.
    Kept,
    /// Its last date passed.
    Lapsed,
    /// Another offer took its place.
    Replaced,
    /// The loan ended in another way before.
    Void,
}

/// An offer to close a loan for less than is owed, an item of the loan's collection. What the offer
/// does is in the loan; this is what is known of it afterwards.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Settlement {
    pub brand: BrandId,
    pub loan: LoanId,
    pub id: SettlementId,
    #[serde(rename = "v", default)]
    pub version: u64,
    /// The loan's.
    pub shard: u16,
    pub amount: Amount,
    /// Owed when it was offered.
    pub owed: Amount,
    pub agreed_on: Date,
    /// The last value date that counts.
    pub until: Date,
    pub offered_by: String,
    pub offered_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<SettlementEnd>,
}

impl Settlement {
    pub const SORT_PREFIX: &'static str = "SO#";
}

impl Entity for Settlement {
    const NAME: &'static str = "settlement offer";

    fn key(&self) -> Key {
        let partition = LoanRecord::partition(self.brand, self.loan);
        Key::new(partition, format!("{}{}", Self::SORT_PREFIX, self.id.ulid()))
    }

    fn indexes(&self) -> Indexes {
        let due = match self.end {
            None => offer_place(self.brand, self.shard, self.until, self.id.ulid()),
            Some(_) => None,
        };
        Indexes { due, ..Indexes::default() }
    }
}

impl Versioned for Settlement {
    fn version(&self) -> u64 {
        self.version
    }

    fn set_version(&mut self, version: u64) {
        self.version = version;
    }
}
