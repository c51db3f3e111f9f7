//! The rules on who can be staff, for every way in which a user is created or changed.

use domain::identity::{Email, PersonName};
use domain::ids::{BrandId, StaffId};

use super::password::{self, Password};
use super::{Department, Permission};
use crate::Deps;
use crate::http::{ApiError, FieldError};
use crate::store::{Author, Event, PasswordHash, StaffError, StaffUser, Tx};

/// A user to create.
#[derive(Debug, Clone)]
pub struct NewStaff {
    /// `None`: an administrator of the platform.
    pub brand: Option<BrandId>,
    pub email: Email,
    pub name: PersonName,
    pub department: Department,
    /// Beyond the department's.
    pub permissions: Vec<Permission>,
    pub password: Password,
}

/// Creates a user who can sign in at once; `also` adds to the transaction.
///
/// # Errors
/// 400 with every field that breaks a rule; 409 where the e-mail address is another user's.
pub async fn create(
    deps: &Deps,
    author: &Author,
    new: NewStaff,
    also: impl for<'x> FnOnce(Tx<'x>, &StaffUser) -> Result<Tx<'x>, ApiError>,
) -> Result<StaffUser, ApiError> {
    let mut errors = position_errors(new.brand, new.department, &new.permissions);
    if let Some(id) = new.brand
        && deps.brands.get(id).await?.is_none()
    {
        errors.push(FieldError::new("brandId", "is not a brand"));
    }
    if let Err(weak) = new.password.check(&new.email) {
        errors.push(FieldError::new("password", weak.to_string()));
    }
    if !errors.is_empty() {
        return Err(ApiError::invalid(errors));
    }
    let at = deps.now();
    let mut user = StaffUser {
        id: StaffId::new(deps.ulid()),
        version: 0,
        brand: new.brand,
        email: new.email,
        name: new.name,
        department: new.department,
        permissions: new.permissions,
        active: true,
        password_hash: hash(&new.password).await?,
        credentials: 1,
        created_at: at,
        updated_at: at,
    };
    let effect = author
        .effect("staff:create", user.id)
        .after("department", user.department)
        .after("permissions", texts(&user.permissions));
    let event = Event::new(deps, user.brand, effect);
    let tx = user.create_in(deps.table.tx(), &deps.config.lookup_key, &event)?;
    also(tx, &user)?.commit().await.map_err(StaffError::from_store)?;
    Ok(user)
}

/// What a user is changed to.
#[derive(Debug, Clone)]
pub struct StaffChange {
    pub email: Email,
    pub name: PersonName,
    pub department: Department,
    pub permissions: Vec<Permission>,
    pub active: bool,
    /// A new password, where it is set for the user; ends the user's sessions.
    pub password: Option<Password>,
}

/// Changes a user as it was read. Deactivation, another department, fewer permissions and a new
/// password take effect on the user's sessions at their next refresh, within 15 minutes.
///
/// # Errors
/// As [`create`]; 409 where the user was changed meanwhile.
pub async fn change(
    deps: &Deps,
    author: &Author,
    mut user: StaffUser,
    to: StaffChange,
) -> Result<StaffUser, ApiError> {
    let mut errors = position_errors(user.brand, to.department, &to.permissions);
    if let Some(Err(weak)) = to.password.as_ref().map(|password| password.check(&to.email)) {
        errors.push(FieldError::new("password", weak.to_string()));
    }
    if !errors.is_empty() {
        return Err(ApiError::invalid(errors));
    }
    let effect = author
        .effect("staff:update", user.id)
        .before("department", user.department)
        .before("permissions", texts(&user.permissions))
        .before("active", user.active)
        .after("department", to.department)
        .after("permissions", texts(&to.permissions))
        .after("active", to.active)
        .after("passwordSet", to.password.is_some());
    if to.password.is_some() || (user.active && !to.active) {
        user.revoke_sessions();
    }
    if let Some(password) = &to.password {
        user.password_hash = hash(password).await?;
    }
    let email_before = std::mem::replace(&mut user.email, to.email);
    user.name = to.name;
    user.department = to.department;
    user.permissions = to.permissions;
    user.active = to.active;
    user.updated_at = deps.now();
    let event = Event::new(deps, user.brand, effect);
    user.change(&deps.table, &deps.config.lookup_key, &email_before, &event).await?;
    Ok(user)
}

/// The hash of a chosen password.
pub async fn hash(password: &Password) -> Result<PasswordHash, ApiError> {
    let phc =
        password::hash(password.secret()).await.map_err(|error| ApiError::internal_from(&error))?;
    Ok(PasswordHash::new(phc))
}

/// SUPER_ADMIN is of no brand, everybody else of one; what only SUPER_ADMIN may is given to nobody
/// else.
fn position_errors(
    brand: Option<BrandId>,
    department: Department,
    permissions: &[Permission],
) -> Vec<FieldError> {
    let mut errors = Vec::new();
    match (brand, department == Department::SuperAdmin) {
        (Some(_), true) => {
            errors.push(FieldError::new("department", "SUPER_ADMIN belongs to no brand"));
        }
        (None, false) => errors.push(FieldError::new("brandId", "is required but for SUPER_ADMIN")),
        _ => {}
    }
    for (index, permission) in permissions.iter().enumerate() {
        if *permission == Permission::AdministerPlatform {
            let field = format!("permissions[{index}]");
            errors.push(FieldError::new(field, "is SUPER_ADMIN's alone"));
        } else if permissions.iter().take(index).any(|earlier| earlier == permission) {
            errors.push(FieldError::new(format!("permissions[{index}]"), "is given twice"));
        }
    }
    errors
}

fn texts(permissions: &[Permission]) -> String {
    permissions.iter().map(|permission| permission.text()).collect::<Vec<_>>().join(" ")
}

impl From<StaffError> for ApiError {
    fn from(error: StaffError) -> Self {
        match error {
            StaffError::EmailTaken => Self::conflict("another user has this e-mail address"),
            StaffError::Store(error) => error.into(),
        }
    }
}
