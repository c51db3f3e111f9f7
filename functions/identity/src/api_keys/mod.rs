//! API keys: how other systems act in a brand.
//!
//! A key is sent as `X-API-Key`. It has permissions of its own, which its maker has too, and never
//! those that decide on who has access. It is shown once, when it is made.

mod create;
mod list;
mod revoke;
mod rotate;

use domain::ids::{ApiKeyId, BrandId};
use jiff::Timestamp;
use platform::Deps;
use platform::auth::Permission;
use platform::auth::api_key::ApiKeyText;
use platform::http::ApiError;
use platform::store::ApiKey;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use create::CreateApiKey;

/// `/api/v1/partner/brand/{brandId}/api-keys…`
pub fn router() -> platform::http::Routes {
    platform::routes![list::list, create::create, revoke::revoke, rotate::rotate]
}

/// A key, without its secret.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ApiKey)]
pub struct ApiKeyView {
    #[schema(value_type = String, example = "key_01JZ8Q4M6T3N5V7X9Y1B2C3D4E")]
    pub id: ApiKeyId,
    pub name: String,
    pub permissions: Vec<Permission>,
    /// The end of the key.
    #[schema(example = "9f3c")]
    pub last_four: String,
    pub created_by: String,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// The hour in which it was last used; null where it never was.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_used_at: Option<Timestamp>,
}

impl From<&ApiKey> for ApiKeyView {
    fn from(key: &ApiKey) -> Self {
        Self {
            id: key.id,
            name: key.name.clone(),
            permissions: key.permissions.clone(),
            last_four: key.last_four.clone(),
            created_by: key.created_by.clone(),
            created_at: key.created_at,
            last_used_at: key.last_used_at,
        }
    }
}

/// A key that was just made.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NewApiKeyView {
    #[serde(flatten)]
    pub api_key: ApiKeyView,
    /// To be sent as `X-API-Key`; shown here and never again. Null where the request is a repetition
    /// of one that was answered: where that answer was lost, rotate the key.
    #[schema(value_type = Option<String>, example = "parcela_01JZ8Q4M6T3N5V7X9Y1B2C3D4E.9f3c…")]
    pub key: Option<String>,
}

impl NewApiKeyView {
    fn shown(key: &ApiKey, text: &ApiKeyText) -> Self {
        Self { api_key: key.into(), key: Some(text.expose()) }
    }

    /// What is kept for a repetition.
    fn hidden(key: &ApiKey) -> Self {
        Self { api_key: key.into(), key: None }
    }
}

impl std::fmt::Debug for NewApiKeyView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewApiKeyView").field("api_key", &self.api_key).finish_non_exhaustive()
    }
}

/// The brand's key with this id; 404 for every other.
async fn of_brand(deps: &Deps, brand: BrandId, id: ApiKeyId) -> Result<ApiKey, ApiError> {
    let key = ApiKey::load(&deps.table, id).await?;
    key.filter(|key| key.brand == brand).ok_or_else(ApiError::not_found)
}

/// The permissions as the audit shows them.
fn texts(permissions: &[Permission]) -> String {
    permissions.iter().map(|permission| permission.text()).collect::<Vec<_>>().join(" ")
}
