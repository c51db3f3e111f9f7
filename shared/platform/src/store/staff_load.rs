use domain::ids::{BrandId, StaffId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Condition, Entity, Key, Range, StoreError, Table, Tx, Update};

/// Members of a brand's staff who may look after customers.
const STAFF_LIMIT: usize = 1_000;
const LABEL: &str = "load";

/// How many customers a member of staff looks after: changed with each allocation, so that nobody
/// counts customers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StaffLoad {
    #[serde(rename = "pk")]
    partition: String,
    /// The ULID of the member of staff.
    #[serde(rename = "sk")]
    staff: String,
    #[serde(rename = "n", default)]
    customers: i64,
    /// When they were last given one.
    #[serde(rename = "t", default, skip_serializing_if = "Option::is_none")]
    pub last_given: Option<Timestamp>,
}

impl StaffLoad {
    fn partition(brand: BrandId) -> String {
        format!("B#{}#OWNERS", brand.ulid())
    }

    fn key_of(brand: BrandId, staff: StaffId) -> Key {
        Key::new(Self::partition(brand), staff.ulid().to_string())
    }

    /// Of everybody who looks after customers of the brand, or did.
    pub async fn all(table: &Table, brand: BrandId) -> Result<Vec<Self>, StoreError> {
        table.query_all(&Range::partition(Self::partition(brand)), STAFF_LIMIT).await
    }

    pub fn is_of(&self, staff: StaffId) -> bool {
        self.staff == staff.ulid().to_string()
    }

    pub fn customers(&self) -> u32 {
        u32::try_from(self.customers.max(0)).unwrap_or(u32::MAX)
    }

    /// Adds to a transaction that somebody is given a customer. The condition is that of the
    /// customer's record in the same transaction.
    pub fn give<'x>(
        tx: Tx<'x>,
        brand: BrandId,
        staff: StaffId,
        now: Timestamp,
    ) -> Result<Tx<'x>, StoreError> {
        let update = Update::new().add("n", &1).set("t", now)?;
        Ok(tx.update(LABEL, &Self::key_of(brand, staff), &update, &Condition::default()))
    }

    /// Adds to a transaction that a customer is taken from somebody.
    pub fn take<'x>(tx: Tx<'x>, brand: BrandId, staff: StaffId) -> Tx<'x> {
        let update = Update::new().add("n", &-1);
        tx.update(LABEL, &Self::key_of(brand, staff), &update, &Condition::default())
    }
}

impl Entity for StaffLoad {
    const NAME: &'static str = "customers of a member of staff";

    fn key(&self) -> Key {
        Key::new(self.partition.clone(), self.staff.clone())
    }
}
