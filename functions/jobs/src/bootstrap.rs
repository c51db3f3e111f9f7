//! `job-bootstrap`: creates the platform's first administrator. Operations invoke it by hand, once.
//!
//! It answers a one-time code, with which the person signs in and chooses a password. Until a
//! password was chosen it can be invoked again, for the same address, and answers another code;
//! from then on, and where an administrator came to be in another way, it refuses.

use domain::identity::{Email, PersonName};
use domain::ids::StaffId;
use jiff::Timestamp;
use platform::Deps;
use platform::auth::Department;
use platform::auth::staff::{self, NewStaff};
use platform::config::NotSet;
use platform::http::ApiError;
use platform::store::{
    Author, Consistency, Entity, Event, FirstAdministrator, SecureCode, StaffUser, StoreError,
};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};

const ACTOR: &str = "job:bootstrap";

/// Who the first administrator is to be.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bootstrap {
    pub email: Email,
    pub name: PersonName,
}

/// The code for the first administrator; shown to who invoked the function, and nowhere else.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Answer {
    pub user_id: StaffId,
    /// For `POST /api/v1/partner/auth/secure-code`, together with a new password.
    pub code: String,
    pub expires_at: Timestamp,
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Answer").field("user_id", &self.user_id).finish_non_exhaustive()
    }
}

#[derive(Debug, thiserror::Error)]
pub enum BootstrapError {
    #[error("there is an administrator of the platform: sign in as one to create others")]
    Exists,
    #[error("the first administrator was created with another address")]
    OtherAddress,
    #[error("the administrator was not created: {0}")]
    Refused(#[from] ApiError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    NotSet(#[from] NotSet),
    #[error("the code's end is not a time: {0}")]
    Time(#[from] jiff::Error),
}

/// # Errors
/// [`BootstrapError::Exists`] once there is an administrator who can sign in.
pub async fn handle(deps: Deps, input: Bootstrap) -> Result<Answer, BootstrapError> {
    let user = match FirstAdministrator::load(&deps.table).await? {
        Some(first) => unfinished(&deps, first.staff, &input.email).await?,
        None => create(&deps, input).await?,
    };
    let (code, text) =
        SecureCode::generate(deps.config.lookup_key.get()?, &user, deps.clock.wall())?;
    let effect = Author::new(ACTOR).effect("staff:secure-code", user.id);
    let event = Event::new(&deps, None, effect);
    let tx = deps.table.tx().create(SecureCode::NAME, &code).create(Event::NAME, &event);
    tx.commit().await?;
    Ok(Answer {
        user_id: user.id,
        code: text.expose_secret().to_owned(),
        expires_at: Timestamp::from_second(code.expires_at)?,
    })
}

/// The first administrator, where nobody could sign in as them for good yet: no password was
/// chosen, since a choice raises the number of the credentials.
async fn unfinished(
    deps: &Deps,
    first: StaffId,
    email: &Email,
) -> Result<StaffUser, BootstrapError> {
    let user = StaffUser::load(&deps.table, first).await?.ok_or(BootstrapError::Exists)?;
    if user.credentials != StaffUser::FIRST_CREDENTIALS || !user.active {
        return Err(BootstrapError::Exists);
    }
    if user.email != *email {
        return Err(BootstrapError::OtherAddress);
    }
    Ok(user)
}

/// Creates the user together with the mark that there was a first one, so that of two invocations
/// at once one fails.
async fn create(deps: &Deps, input: Bootstrap) -> Result<StaffUser, BootstrapError> {
    let administrators = StaffUser::of_brand(None);
    let keys = deps.table.query_keys(&administrators, 1, None).await?;
    let known: Vec<StaffUser> = deps.table.batch_get(&keys.items, Consistency::Strong).await?;
    if !known.is_empty() {
        return Err(BootstrapError::Exists);
    }
    let new = NewStaff {
        brand: None,
        email: input.email,
        name: input.name,
        department: Department::SuperAdmin,
        permissions: Vec::new(),
        password: None,
    };
    let author = Author::new(ACTOR);
    let created = staff::create(deps, &author, new, |tx, user| {
        Ok(tx.create(FirstAdministrator::NAME, &FirstAdministrator { staff: user.id }))
    });
    Ok(created.await?)
}
