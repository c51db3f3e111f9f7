use serde::{Deserialize, Serialize};

use super::{Consistency, Entity, Key, StoreError, Table, Versioned};

/// What is set for the platform as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PlatformSettings {
    #[serde(rename = "v", default)]
    pub version: u64,
    /// The shards of a new brand that does not say how many it needs.
    pub new_brand_shards: u16,
}

impl Default for PlatformSettings {
    fn default() -> Self {
        Self { version: 0, new_brand_shards: 8 }
    }
}

impl PlatformSettings {
    /// The settings as stored, or those that hold until something is stored.
    pub async fn load(table: &Table) -> Result<Self, StoreError> {
        let stored = table.get(&Self::default().key(), Consistency::Strong).await?;
        Ok(stored.unwrap_or_default())
    }
}

impl Entity for PlatformSettings {
    const NAME: &'static str = "platform settings";

    fn key(&self) -> Key {
        Key::new("PLATFORM", "SETTINGS")
    }
}

impl Versioned for PlatformSettings {
    fn version(&self) -> u64 {
        self.version
    }

    fn set_version(&mut self, version: u64) {
        self.version = version;
    }
}
