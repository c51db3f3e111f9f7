//! What staff are told of in the application.

use domain::ids::{BrandId, NotificationId, StaffId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use ulid::Ulid;

use super::{Entity, Indexes, Key, Range, Versioned};
use crate::notify::Topic;

/// How long a notification is kept.
const KEPT_SECONDS: i64 = 90 * 24 * 3_600;
/// The most notifications of one person that a call looks at.
pub const NOTIFICATIONS_LIMIT: usize = 1_000;

/// One thing that one member of staff is told of: ids only, the words are the reader's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Notification {
    pub brand: BrandId,
    pub staff: StaffId,
    pub id: NotificationId,
    #[serde(rename = "v", default)]
    pub version: u64,
    pub topic: Topic,
    /// The record that it is about.
    pub entity: String,
    pub at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_at: Option<Timestamp>,
}

impl Notification {
    pub const SORT_PREFIX: &'static str = "N#";

    /// The same for the same event and person, so that each is told of it once.
    pub fn id_of(event: Ulid, staff: StaffId) -> NotificationId {
        let digest = Sha256::digest(format!("{event}#{staff}"));
        let random =
            digest.iter().take(10).fold(0_u128, |sum, byte| (sum << 8) | u128::from(*byte));
        NotificationId::new(Ulid::from_parts(event.timestamp_ms(), random))
    }

    pub fn key_of(brand: BrandId, staff: StaffId, id: NotificationId) -> Key {
        Key::new(Self::partition(brand, staff), format!("{}{}", Self::SORT_PREFIX, id.ulid()))
    }

    fn partition(brand: BrandId, staff: StaffId) -> String {
        format!("B#{}#N#{}", brand.ulid(), staff.ulid())
    }

    /// A person's notifications, oldest first.
    pub fn of(brand: BrandId, staff: StaffId) -> Range {
        Range::partition(Self::partition(brand, staff)).prefix(Self::SORT_PREFIX)
    }

    /// Those that were not read, in the index of what waits.
    pub fn unread_of(brand: BrandId, staff: StaffId) -> Range {
        Range::due(Self::unread_partition(brand, staff))
    }

    fn unread_partition(brand: BrandId, staff: StaffId) -> String {
        format!("B#{}#NU#{}", brand.ulid(), staff.ulid())
    }
}

impl Entity for Notification {
    const NAME: &'static str = "notification";

    fn key(&self) -> Key {
        Self::key_of(self.brand, self.staff, self.id)
    }

    fn indexes(&self) -> Indexes {
        let unread = || {
            let partition = Self::unread_partition(self.brand, self.staff);
            (partition, self.id.ulid().to_string())
        };
        Indexes {
            due: self.read_at.is_none().then(unread),
            expires_at: Some(self.at.as_second() + KEPT_SECONDS),
            ..Indexes::default()
        }
    }
}

impl Versioned for Notification {
    fn version(&self) -> u64 {
        self.version
    }

    fn set_version(&mut self, version: u64) {
        self.version = version;
    }
}
