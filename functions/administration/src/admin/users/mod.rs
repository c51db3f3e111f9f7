//! Staff of any brand, and the platform's own.

pub(super) mod create;
pub(super) mod list;
pub(super) mod update;

use domain::identity::{Email, PersonName};
use domain::ids::{BrandId, StaffId};
use jiff::Timestamp;
use platform::auth::{Department, Permission};
use platform::store::StaffUser;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A user as an administrator sees them.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserView {
    #[schema(value_type = String)]
    pub id: StaffId,
    pub version: u64,
    /// Null for an administrator of the platform.
    #[schema(value_type = Option<String>)]
    pub brand_id: Option<BrandId>,
    #[schema(value_type = String, format = Email)]
    pub email: Email,
    #[schema(value_type = String)]
    pub name: PersonName,
    pub department: Department,
    /// Beyond the department's.
    pub permissions: Vec<Permission>,
    pub active: bool,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
}

impl From<&StaffUser> for UserView {
    fn from(user: &StaffUser) -> Self {
        Self {
            id: user.id,
            version: user.version,
            brand_id: user.brand,
            email: user.email.clone(),
            name: user.name.clone(),
            department: user.department,
            permissions: user.permissions.clone(),
            active: user.active,
            created_at: user.created_at,
            updated_at: user.updated_at,
        }
    }
}
