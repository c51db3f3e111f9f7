use domain::ids::{BrandId, LoanId, StaffId};
use domain::loans::loan::Loan;
use domain::loans::status::Stage;
use jiff::Timestamp;
use serde::{Deserialize, Serialize, Serializer};

use super::packed::{PackError, pack, unpack};
use crate::store::{Brand, Entity, Indexes, Key, Versioned};

/// The size that closed invoices are moved out of the loan's item for.
const PACKED_LIMIT_BYTES: usize = 640;
/// Closed invoices that leave together, so that a journal entry does not carry one at a time.
const EVICTION_STEP_INVOICES: usize = 6;

/// The one item of a loan: its money and invoices in compact form, and what lists show of it.
///
/// It holds no personal data, only the customer's id.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Stored")]
pub struct LoanRecord {
    pub brand: BrandId,
    pub version: u64,
    /// The part of the brand's portfolio that the loan is counted in.
    pub shard: u16,
    pub loan: Loan,
    pub plan: Plan,
    /// The member of staff that the loan is allocated to.
    pub owner: Option<StaffId>,
    /// The lender's own number of the contract, where it came from another system.
    pub reference: Option<String>,
    pub created_at: Timestamp,
}

/// How a contract ended that is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Ending {
    /// Paid in full.
    Closed,
    /// Closed for less than was owed.
    Settled,
    /// Given up as lost.
    WrittenOff,
}

impl Ending {
    pub const ALL: [Self; 3] = [Self::Closed, Self::Settled, Self::WrittenOff];

    pub const fn of(stage: Stage) -> Option<Self> {
        match stage {
            Stage::Completed => Some(Self::Closed),
            Stage::Settled => Some(Self::Settled),
            Stage::WrittenOff => Some(Self::WrittenOff),
            Stage::Onboarding
            | Stage::Submitted
            | Stage::Evaluation
            | Stage::CreditReview
            | Stage::Sanctioned
            | Stage::AgreementSent
            | Stage::AgreementSigned
            | Stage::AgreementExpired
            | Stage::DisbursementPending
            | Stage::DisbursementFailed
            | Stage::Disbursed
            | Stage::Rejected
            | Stage::Cancelled
            | Stage::Renegotiated => None,
        }
    }

    const fn text(self) -> &'static str {
        match self {
            Self::Closed => "CLOSED",
            Self::Settled => "SETTLED",
            Self::WrittenOff => "WRITTEN_OFF",
        }
    }
}

/// How the schedule was made: what a person asks first about a contract. The whole quote is an
/// item of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// `PRICE`, `SAC`, `FLAT`…
    #[serde(rename = "m")]
    pub method: String,
    /// Percent a year; `None` where only the installment was agreed.
    #[serde(rename = "r", default, skip_serializing_if = "Option::is_none")]
    pub annual_rate: Option<domain::money::Percent>,
    #[serde(rename = "n")]
    pub installments: u16,
}

impl LoanRecord {
    pub fn partition(brand: BrandId, loan: LoanId) -> String {
        format!("B#{}#L#{}", brand.ulid(), loan.ulid())
    }

    pub fn key_of(brand: BrandId, loan: LoanId) -> Key {
        Key::new(Self::partition(brand, loan), "HEAD")
    }

    /// The partition of the index in which a shard's loans stand by oldest open due date.
    pub fn due_partition(brand: BrandId, shard: u16) -> String {
        format!("B#{}#S#{shard}", brand.ulid())
    }

    /// The partition of the index in which a brand's contracts that are over stand by the date on
    /// which they ended.
    pub fn ended_partition(brand: BrandId, how: Ending) -> String {
        format!("B#{}#END#{}", brand.ulid(), how.text())
    }

    pub fn list_partition(brand: BrandId) -> String {
        format!("B#{}#L", brand.ulid())
    }

    /// The loan's id out of the key of its item.
    pub fn id_of(key: &Key) -> Option<LoanId> {
        let ulid = key.pk.rsplit('#').next()?;
        ulid::Ulid::from_string(ulid).ok().map(LoanId::new)
    }

    /// The number that the contract goes by: the lender's own, or its id.
    pub fn contract_number(&self) -> String {
        self.reference.clone().unwrap_or_else(|| self.loan.id.to_string())
    }

    /// The shard that a new loan of the brand is counted in.
    pub fn shard_of(brand: &Brand, loan: LoanId) -> u16 {
        let shards = u128::from(brand.shards.max(1));
        u16::try_from(loan.ulid().0 % shards).unwrap_or(0)
    }

    /// Moves closed invoices out until the item is small; returns those that left, in order.
    pub fn slim(&mut self) -> Result<Vec<domain::invoices::Invoice>, PackError> {
        let mut left = Vec::new();
        while pack(&self.loan)?.len() > PACKED_LIMIT_BYTES {
            let closed = self.loan.invoices.iter().take_while(|invoice| !invoice.is_open()).count();
            if closed == 0 {
                break;
            }
            left.extend(self.loan.evict_closed(closed.saturating_sub(EVICTION_STEP_INVOICES)));
        }
        Ok(left)
    }
}

/// The attributes of the item, by their short names.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Stored {
    v: u64,
    #[serde(rename = "i", with = "serde_bytes")]
    ids: Vec<u8>,
    s: u16,
    #[serde(rename = "b", with = "serde_bytes")]
    packed: Vec<u8>,
    p: Plan,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    o: Option<StaffId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    x: Option<String>,
    c: i64,
}

impl TryFrom<&LoanRecord> for Stored {
    type Error = PackError;

    fn try_from(record: &LoanRecord) -> Result<Self, Self::Error> {
        Ok(Self {
            v: record.version,
            ids: [record.brand.ulid().to_bytes(), record.loan.id.ulid().to_bytes()].concat(),
            s: record.shard,
            packed: pack(&record.loan)?,
            p: record.plan.clone(),
            o: record.owner,
            x: record.reference.clone(),
            c: record.created_at.as_second(),
        })
    }
}

impl Serialize for LoanRecord {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Stored::try_from(self).map_err(serde::ser::Error::custom)?.serialize(serializer)
    }
}

impl TryFrom<Stored> for LoanRecord {
    type Error = PackError;

    fn try_from(stored: Stored) -> Result<Self, Self::Error> {
        let unreadable = |what: &str| PackError::Bytes(what.to_owned());
        let (brand, loan) = stored.ids.split_at_checked(16).ok_or_else(|| unreadable("ids"))?;
        let ulid = |bytes: &[u8]| -> Result<ulid::Ulid, PackError> {
            Ok(ulid::Ulid::from_bytes(bytes.try_into().map_err(|_| unreadable("ids"))?))
        };
        Ok(Self {
            brand: BrandId::new(ulid(brand)?),
            version: stored.v,
            shard: stored.s,
            loan: unpack(LoanId::new(ulid(loan)?), &stored.packed)?,
            plan: stored.p,
            owner: stored.o,
            reference: stored.x,
            created_at: Timestamp::from_second(stored.c).map_err(|_| unreadable("created_at"))?,
        })
    }
}

impl Entity for LoanRecord {
    const NAME: &'static str = "loan";

    fn key(&self) -> Key {
        Self::key_of(self.brand, self.loan.id)
    }

    fn indexes(&self) -> Indexes {
        let active = self
            .loan
            .oldest_open_due()
            .map(|due| (Self::due_partition(self.brand, self.shard), due));
        let ended = Ending::of(self.loan.stage).zip(self.loan.ended_on());
        let ended = ended.map(|(how, on)| (Self::ended_partition(self.brand, how), on));
        let due = active
            .or(ended)
            .map(|(partition, date)| (partition, format!("{date}#{}", self.loan.id.ulid())));
        let list = (Self::list_partition(self.brand), self.loan.id.ulid().to_string());
        Indexes { due, list: Some(list), expires_at: None }
    }
}

impl Versioned for LoanRecord {
    fn version(&self) -> u64 {
        self.version
    }

    fn set_version(&mut self, version: u64) {
        self.version = version;
    }
}
