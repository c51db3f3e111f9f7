use domain::ids::StaffId;
use serde::{Deserialize, Serialize};

use super::{Consistency, Entity, Key, StoreError, Table};

/// Says that the platform's first administrator was created by operations, and who it is. It is
/// never removed: there is one first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct FirstAdministrator {
    pub staff: StaffId,
}

impl FirstAdministrator {
    pub async fn load(table: &Table) -> Result<Option<Self>, StoreError> {
        table.get(&Self::the_key(), Consistency::Strong).await
    }

    fn the_key() -> Key {
        Key::new("PLATFORM", "FIRST-ADMINISTRATOR")
    }
}

impl Entity for FirstAdministrator {
    const NAME: &'static str = "first administrator";

    fn key(&self) -> Key {
        Self::the_key()
    }
}
