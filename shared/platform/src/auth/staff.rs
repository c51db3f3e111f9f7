//! The rules on who can be staff, for every way in which a user is created or changed.
//!
//! Nobody gives what they do not have: neither a permission or department to others or themselves,
//! nor access to the account of somebody who may do more.

use domain::identity::{Email, PersonName};
use domain::ids::{BrandId, StaffId};

use super::password::{self, Password};
use super::{Department, Permission};
use crate::Deps;
use crate::http::{ApiError, FieldError};
use crate::store::{Author, Entity, Event, PasswordHash, StaffError, StaffUser, StoreError, Tx};

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
    /// `None`: one that nobody knows; the user signs in with a secure code.
    pub password: Option<Password>,
}

/// Creates a user who can sign in at once; `also` adds to the transaction.
///
/// # Errors
/// 400 with every field that breaks a rule; 403 where the author may not give so much; 409 where
/// the e-mail address is another user's.
pub async fn create(
    deps: &Deps,
    author: &Author,
    new: NewStaff,
    also: impl for<'x> FnOnce(Tx<'x>, &StaffUser) -> Result<Tx<'x>, ApiError>,
) -> Result<StaffUser, ApiError> {
    require_grant(author, new.department, &new.permissions)?;
    let mut errors = position_errors(new.brand, new.department, &new.permissions);
    if let Some(id) = new.brand
        && deps.brands.get(id).await?.is_none()
    {
        errors.push(FieldError::new("brandId", "is not a brand"));
    }
    let password = new.password.unwrap_or_else(Password::unknown);
    if let Err(weak) = password.check(&new.email) {
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
        password_hash: hash(&password).await?,
        credentials: StaffUser::FIRST_CREDENTIALS,
        created_at: at,
        updated_at: at,
    };
    let effect = author
        .effect("staff:create", user.id)
        .after("department", user.department)
        .after("permissions", texts(&user.permissions));
    let event = Event::new(deps, user.brand, effect);
    let key = deps.config.lookup_key.get().map_err(StoreError::from)?;
    let tx = user.create_in(deps.table.tx(), key, &event)?;
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

impl StaffChange {
    /// The user as it is.
    pub fn none(user: &StaffUser) -> Self {
        Self {
            email: user.email.clone(),
            name: user.name.clone(),
            department: user.department,
            permissions: user.permissions.clone(),
            active: user.active,
            password: None,
        }
    }
}

/// Changes a user as it was read. Deactivation, another department, other permissions and a new
/// password end the user's sessions and access at once.
///
/// # Errors
/// As [`create`]; 403 where the user may do more than the author; 409 where the user was changed
/// meanwhile, or is the last administrator.
pub async fn change(
    deps: &Deps,
    author: &Author,
    mut user: StaffUser,
    to: StaffChange,
) -> Result<StaffUser, ApiError> {
    require_authority(author, &user)?;
    require_grant(author, to.department, &to.permissions)?;
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
    let mut tx = deps.table.tx();
    let leaves = user.active && (!to.active || to.department != user.department);
    if leaves && let Some(other) = other_administrator(deps, author, &user).await? {
        tx = other.demand_in(tx, user.department)?;
    }
    let same = |a: &[Permission], b: &[Permission]| {
        a.len() == b.len() && a.iter().all(|permission| b.contains(permission))
    };
    if leaves || to.password.is_some() || !same(&user.permissions, &to.permissions) {
        tx = user.revoke_in(tx, deps.clock.wall());
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
    let key = deps.config.lookup_key.get().map_err(StoreError::from)?;
    let tx = user.change_with_email_in(tx, key, &email_before)?;
    tx.create(Event::NAME, &event).commit().await.map_err(StaffError::from_store)?;
    Ok(user)
}

/// 403 where the user may do something that the author may not: who can change an account, or sign
/// in to it, has what it has.
pub fn require_authority(author: &Author, user: &StaffUser) -> Result<(), ApiError> {
    match user.all_permissions().into_iter().find(|permission| !author.may(*permission)) {
        None => Ok(()),
        Some(more) => Err(ApiError::forbidden(format!("the user may do more than you: {more}"))),
    }
}

/// 403 where a department or a permission is not the author's to give.
pub fn require_grant(
    author: &Author,
    department: Department,
    permissions: &[Permission],
) -> Result<(), ApiError> {
    let given = |permission: &Permission| {
        department.grants(*permission) || permissions.contains(permission)
    };
    let all = Permission::ALL.iter().copied();
    match all.filter(given).find(|permission| !author.may(*permission)) {
        None => Ok(()),
        Some(more) => Err(ApiError::forbidden(format!("this is not yours to give: {more}"))),
    }
}

/// Another active administrator beside one who leaves; `None` where none is needed.
///
/// An administrator of the platform may close a brand, or keep out its last administrator.
///
/// # Errors
/// 409 where there is no other.
async fn other_administrator(
    deps: &Deps,
    author: &Author,
    user: &StaffUser,
) -> Result<Option<StaffUser>, ApiError> {
    let by_platform = author.may(Permission::AdministerPlatform);
    match user.department {
        Department::SuperAdmin => {}
        Department::Admin if !by_platform => {}
        _ => return Ok(None),
    }
    let is_other = |other: &StaffUser| {
        other.active && other.department == user.department && other.id != user.id
    };
    let (others, mut after) = (StaffUser::of_brand(user.brand), None);
    loop {
        let found = deps.table.list(&others, 1, after, is_other).await?;
        if let Some(other) = found.items.into_iter().next() {
            return Ok(Some(other));
        }
        after = found.next;
        if after.is_none() {
            return Err(ApiError::conflict("the last administrator stays"));
        }
    }
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
