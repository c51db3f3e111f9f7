//! The staff of a brand, as its administrators manage it, and who did what.
//!
//! Nobody gives what they do not have, and nobody changes, or hands out a code for, the account of
//! somebody who may do more (`platform::auth::staff`).

mod allocate_loans;
mod audit_logs;
mod create;
mod deactivate;
mod list;
mod secure_code;
mod update;

use axum::http::{HeaderName, header};
use domain::identity::{Email, PersonName};
use domain::ids::StaffId;
use jiff::Timestamp;
use platform::Deps;
use platform::auth::{Department, Permission};
use platform::http::ApiError;
use platform::store::{Brand, StaffUser};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use allocate_loans::{AllocateLoans, LoanAllocation, LoanAllocations};
pub use audit_logs::AuditLine;
pub use create::CreateStaff;
pub use secure_code::{GenerateSecureCode, SecureCodeView};
pub use update::UpdateStaff;

/// `/api/v1/partner/brand/{brandId}/user…` and `…/audit-logs`
pub fn router() -> platform::http::Routes {
    platform::routes![
        list::list,
        create::create,
        update::update,
        deactivate::deactivate,
        allocate_loans::allocate_loans,
        secure_code::generate_secure_code,
        audit_logs::of_staff,
        audit_logs::all,
    ]
}

/// A member of the brand's staff.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct StaffView {
    #[schema(value_type = String, example = "staff_01JZ8Q4M6T3N5V7X9Y1B2C3D4E")]
    pub id: StaffId,
    pub version: u64,
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

impl From<&StaffUser> for StaffView {
    fn from(user: &StaffUser) -> Self {
        Self {
            id: user.id,
            version: user.version,
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

/// The member of the brand's staff with this id; 404 for everybody else's.
async fn member(deps: &Deps, brand: &Brand, id: StaffId) -> Result<StaffUser, ApiError> {
    let user = StaffUser::load(&deps.table, id).await?;
    user.filter(|user| user.brand == Some(brand.id)).ok_or_else(ApiError::not_found)
}

/// The header that `If-Match` answers to.
fn etag(user: &StaffUser) -> [(HeaderName, String); 1] {
    [(header::ETAG, format!("\"{}\"", user.version))]
}
