use domain::ids::{BrandId, LoanId};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::Reason;
use crate::store::{Consistency, Entity, Key, LoanRecord, StoreError, Table, Versioned};

/// Why the messages about a loan pause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PauseCause {
    /// Staff decided it.
    Pause,
    /// The borrower promised to pay by the date.
    Promise,
}

/// That no job's message about a loan goes out up to a date, which is the last day of silence. A
/// new one takes the place of the one before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DunningPause {
    pub brand: BrandId,
    pub loan: LoanId,
    #[serde(rename = "v", default)]
    pub version: u64,
    /// The last day without messages; for a promise, the promised date.
    pub until: Date,
    pub cause: PauseCause,
    /// What staff noted.
    pub reason: String,
    pub set_by: String,
    pub set_at: Timestamp,
}

impl DunningPause {
    pub const SORT: &'static str = "PAUSE";

    pub fn key_of(brand: BrandId, loan: LoanId) -> Key {
        Key::new(LoanRecord::partition(brand, loan), Self::SORT)
    }

    /// The latest pause of a loan, also one that has ended.
    pub async fn load(
        table: &Table,
        brand: BrandId,
        loan: LoanId,
    ) -> Result<Option<Self>, StoreError> {
        table.get(&Self::key_of(brand, loan), Consistency::Strong).await
    }

    /// Whether it holds on a business date.
    pub fn holds_on(&self, date: Date) -> bool {
        date <= self.until
    }

    /// Why a message of the date is suppressed.
    pub fn suppression(&self) -> Reason {
        let Self { until, cause, .. } = self;
        match cause {
            PauseCause::Pause => Reason::new("PAUSED", format!("messages pause until {until}")),
            PauseCause::Promise => {
                Reason::new("PROMISED", format!("the borrower promised to pay by {until}"))
            }
        }
    }
}

impl Entity for DunningPause {
    const NAME: &'static str = "pause";

    fn key(&self) -> Key {
        Self::key_of(self.brand, self.loan)
    }
}

impl Versioned for DunningPause {
    fn version(&self) -> u64 {
        self.version
    }

    fn set_version(&mut self, version: u64) {
        self.version = version;
    }
}
