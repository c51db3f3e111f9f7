//! Renegotiations: what was proposed for a loan, and what became of it.

use std::fmt;

use domain::ids::{BrandId, CustomerId, LoanId, PaymentId, RenegotiationId};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::offers::offer_place;
use super::{Decision, Entity, Indexes, Key, Versioned};
use crate::renegotiation::{Figures, Offer, Rows};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RenegotiationStatus {
    /// Nothing else has changed.
    Proposed,
    /// The loan is replaced.
    Approved,
    /// Nothing else has changed.
    Rejected,
    /// Its last date passed; nothing else has changed.
    Expired,
}

impl RenegotiationStatus {
    pub const fn text(self) -> &'static str {
        match self {
            Self::Proposed => "PROPOSED",
            Self::Approved => "APPROVED",
            Self::Rejected => "REJECTED",
            Self::Expired => "EXPIRED",
        }
    }
}

impl fmt::Display for RenegotiationStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

/// What an approval brought about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Replacement {
    pub loan: LoanId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub down_payment: Option<PaymentId>,
}

/// One proposal, with the figures that were shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Renegotiation {
    pub brand: BrandId,
    pub id: RenegotiationId,
    #[serde(rename = "v", default)]
    pub version: u64,
    /// The loan that is to be replaced, and its shard.
    pub loan: LoanId,
    pub shard: u16,
    pub customer: CustomerId,
    pub status: RenegotiationStatus,
    pub offer: Offer,
    /// The date that everything is as of.
    pub on: Date,
    /// The last date on which it can be approved.
    pub until: Date,
    pub figures: Figures,
    pub rows: Rows,
    pub proposed_by: String,
    pub proposed_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<Decision>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replacement: Option<Replacement>,
}

impl Renegotiation {
    pub fn key_of(brand: BrandId, id: RenegotiationId) -> Key {
        Key::new(format!("B#{}#RN#{}", brand.ulid(), id.ulid()), "HEAD")
    }

    /// The partition of the index of lists with every renegotiation of a brand.
    pub fn list_partition(brand: BrandId) -> String {
        format!("B#{}#RN", brand.ulid())
    }
}

impl Entity for Renegotiation {
    const NAME: &'static str = "renegotiation";

    fn key(&self) -> Key {
        Self::key_of(self.brand, self.id)
    }

    fn indexes(&self) -> Indexes {
        let id = self.id.ulid();
        let due = match self.status {
            RenegotiationStatus::Proposed => offer_place(self.brand, self.shard, self.until, id),
            RenegotiationStatus::Approved
            | RenegotiationStatus::Rejected
            | RenegotiationStatus::Expired => None,
        };
        let list = Some((Self::list_partition(self.brand), id.to_string()));
        Indexes { due, list, expires_at: None }
    }
}

impl Versioned for Renegotiation {
    fn version(&self) -> u64 {
        self.version
    }

    fn set_version(&mut self, version: u64) {
        self.version = version;
    }
}
