//! Settings of the platform, and of any brand.

pub(super) mod brand;
pub(super) mod get;
pub(super) mod update;

use garde::Validate;
use platform::store::{PlatformSettings, SHARDS_LIMIT};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What is set for the platform as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PlatformSettingsView {
    /// The shards of a new brand that does not say how many it needs; from 1 to 64.
    #[garde(range(min = 1, max = SHARDS_LIMIT))]
    #[schema(example = 8)]
    pub new_brand_shards: u16,
}

impl PlatformSettingsView {
    const fn of(settings: &PlatformSettings) -> Self {
        Self { new_brand_shards: settings.new_brand_shards }
    }
}
