//! Messages that staff have sent to a borrower at a time of their choice.

use domain::dunning::{Channel, TemplateText};
use domain::ids::{BrandId, CommunicationId, CustomerId, LoanId, MessageSubject, ReminderId};
use jiff::Timestamp;
use jiff::civil::DateTime;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use ulid::Ulid;

use super::{Consistency, Entity, Indexes, Key, StoreError, Table, Versioned};

/// How far a reminder has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ReminderState {
    /// Recorded; its schedule may not be there yet.
    Scheduling,
    /// The scheduler has it.
    Scheduled,
    /// Its message is queued.
    Fired,
}

/// A message to be queued at a moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UserReminder {
    pub brand: BrandId,
    pub id: ReminderId,
    #[serde(rename = "v", default)]
    pub version: u64,
    pub customer: CustomerId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loan: Option<LoanId>,
    pub channel: Channel,
    pub text: TemplateText,
    /// The provider's id of the text, for text messages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registered: Option<String>,
    /// By the brand's clock, as it was asked for.
    pub local: DateTime,
    /// The same as an instant.
    pub at: Timestamp,
    pub state: ReminderState,
    pub created_by: String,
    pub created_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fired_at: Option<Timestamp>,
}

impl UserReminder {
    pub fn key_of(brand: BrandId, id: ReminderId) -> Key {
        Key::new(format!("B#{}#UR#{}", brand.ulid(), id.ulid()), "HEAD")
    }

    pub fn list_partition(brand: BrandId) -> String {
        format!("B#{}#UR", brand.ulid())
    }

    pub async fn load(
        table: &Table,
        brand: BrandId,
        id: ReminderId,
    ) -> Result<Option<Self>, StoreError> {
        table.get(&Self::key_of(brand, id), Consistency::Strong).await
    }

    /// Its message: the same however often it fires, in order of the time it fires at.
    pub fn communication(&self) -> CommunicationId {
        let digest = Sha256::digest(self.id.to_string());
        let random =
            digest.iter().take(10).fold(0_u128, |sum, byte| (sum << 8) | u128::from(*byte));
        let millis = u64::try_from(self.at.as_millisecond()).unwrap_or(0);
        let subject =
            self.loan.map_or(MessageSubject::Customer(self.customer), MessageSubject::Loan);
        CommunicationId { subject, message: Ulid::from_parts(millis, random) }
    }
}

impl Entity for UserReminder {
    const NAME: &'static str = "reminder";

    fn key(&self) -> Key {
        Self::key_of(self.brand, self.id)
    }

    fn indexes(&self) -> Indexes {
        let list = (Self::list_partition(self.brand), self.id.ulid().to_string());
        Indexes { list: Some(list), ..Indexes::default() }
    }
}

impl Versioned for UserReminder {
    fn version(&self) -> u64 {
        self.version
    }

    fn set_version(&mut self, version: u64) {
        self.version = version;
    }
}

/// A brand's reminders in figures, as of a moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReminderMetrics {
    pub brand: BrandId,
    #[serde(rename = "v", default)]
    pub version: u64,
    /// Recorded, and not fired yet.
    pub waiting: u64,
    pub fired: u64,
    /// Of those that fired: still to leave.
    pub queued: u64,
    pub sent: u64,
    pub failed: u64,
    pub suppressed: u64,
    /// Whether there are more reminders than were counted.
    #[serde(default)]
    pub partial: bool,
    pub as_of: Timestamp,
}

impl ReminderMetrics {
    pub fn key_of(brand: BrandId) -> Key {
        Key::new(format!("B#{}#UR", brand.ulid()), "METRICS")
    }
}

impl Entity for ReminderMetrics {
    const NAME: &'static str = "reminder metrics";

    fn key(&self) -> Key {
        Self::key_of(self.brand)
    }
}

impl Versioned for ReminderMetrics {
    fn version(&self) -> u64 {
        self.version
    }

    fn set_version(&mut self, version: u64) {
        self.version = version;
    }
}
