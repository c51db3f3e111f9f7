use std::fmt;

use domain::identity::{Email, PersonName};
use domain::ids::{BrandId, SessionId, StaffId};
use jiff::Timestamp;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use ulid::Ulid;

use super::lookup::keyed_hash;
use super::{
    Condition, Consistency, Entity, Event, Indexes, Key, Range, Revocation, StoreError, Table, Tx,
    Versioned,
};
use crate::auth::{Actor, ActorId, Department, Kind, Permission};

const LIST_PARTITION: &str = "STAFF";
const EMAIL_PURPOSE: &str = "staff-email";
/// The label of the write that fails where an e-mail address is taken.
const EMAIL_LABEL: &str = "staff e-mail";

/// A person who works for a brand, or for the platform.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StaffUser {
    pub id: StaffId,
    #[serde(rename = "v", default)]
    pub version: u64,
    /// `None`: an administrator of the platform.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub brand: Option<BrandId>,
    pub email: Email,
    pub name: PersonName,
    pub department: Department,
    /// Beyond the department's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub permissions: Vec<Permission>,
    pub active: bool,
    pub password_hash: PasswordHash,
    /// Raised when the password or what the user may do changes: access tokens and secure codes
    /// of another number are of no use, and a session opened under it cannot be refreshed.
    pub credentials: u32,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// A stored argon2id hash; masked in `Debug`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PasswordHash(String);

impl PasswordHash {
    pub const fn new(phc: String) -> Self {
        Self(phc)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}

impl StaffUser {
    /// The number of the credentials that a user is created with.
    pub const FIRST_CREDENTIALS: u32 = 1;

    /// Whether the person is an active member of the brand's own staff.
    pub fn works_for(&self, brand: BrandId) -> bool {
        self.active && self.brand == Some(brand)
    }

    pub fn key_of(id: StaffId) -> Key {
        Key::new(format!("STAFF#{}", id.ulid()), "HEAD")
    }

    /// All staff: the platform's own, then brand by brand, each in order of creation.
    pub fn everybody() -> Range {
        Range::list(LIST_PARTITION)
    }

    /// The staff of one brand (`None`: the platform's own) in order of creation.
    pub fn of_brand(brand: Option<BrandId>) -> Range {
        Range::list(LIST_PARTITION).prefix(format!("{}#", owner(brand)))
    }

    pub async fn load(table: &Table, id: StaffId) -> Result<Option<Self>, StoreError> {
        table.get(&Self::key_of(id), Consistency::Strong).await
    }

    /// The user with an e-mail address. As many reads are made for an unknown address as for a
    /// known one, so that the time of the answer does not tell them apart.
    pub async fn by_email(
        table: &Table,
        lookup_key: &SecretString,
        email: &Email,
    ) -> Result<Option<Self>, StoreError> {
        let claim = EmailClaim::key_of(&email_hash(lookup_key, email)?);
        let claim = table.get::<EmailClaim>(&claim, Consistency::Strong).await?;
        let id = claim.map_or(StaffId::new(Ulid::nil()), |claim| claim.staff);
        Ok(Self::load(table, id).await?.filter(|user| user.email == *email))
    }

    /// Adds a new user to a transaction; nobody else may have the e-mail address. The failure of
    /// the transaction becomes a [`StaffError`] by [`StaffError::from_store`].
    pub fn create_in<'x>(
        &mut self,
        tx: Tx<'x>,
        lookup_key: &SecretString,
        event: &Event,
    ) -> Result<Tx<'x>, StoreError> {
        let claim = EmailClaim { hash: email_hash(lookup_key, &self.email)?, staff: self.id };
        let tx = tx.replace(Self::NAME, self).create(EMAIL_LABEL, &claim);
        Ok(tx.create(Event::NAME, event))
    }

    /// Adds a changed user to a transaction. `email_before` is the address that the user had when
    /// it was read. The failure becomes a [`StaffError`] as with [`StaffUser::create_in`].
    pub fn change_with_email_in<'x>(
        &mut self,
        tx: Tx<'x>,
        lookup_key: &SecretString,
        email_before: &Email,
    ) -> Result<Tx<'x>, StoreError> {
        let mut tx = self.change_in(tx);
        if self.email != *email_before {
            let claim = EmailClaim { hash: email_hash(lookup_key, &self.email)?, staff: self.id };
            let before = EmailClaim::key_of(&email_hash(lookup_key, email_before)?);
            let own = Condition::equals("staff", self.id)?;
            tx = tx.create(EMAIL_LABEL, &claim).delete("staff e-mail before", &before, &own);
        }
        Ok(tx)
    }

    /// Adds to a transaction that the user changed, with the e-mail address as it was.
    pub fn change_in<'x>(&mut self, tx: Tx<'x>) -> Tx<'x> {
        tx.replace(Self::NAME, self)
    }

    /// Adds to a transaction, before the user's change, that all that was given to the user to
    /// sign in or stay signed in with is of no use any more.
    pub fn revoke_in<'x>(&mut self, tx: Tx<'x>, wall: Timestamp) -> Tx<'x> {
        self.credentials = self.credentials.saturating_add(1);
        // The user's own condition, in the same transaction, keeps revocations in their order.
        tx.put(Revocation::NAME, &Revocation::before(self, wall), Condition::default())
    }

    /// Adds to a transaction the demand that the user still is an active member of a department.
    pub fn demand_in<'x>(&self, tx: Tx<'x>, department: Department) -> Result<Tx<'x>, StoreError> {
        let holds = Condition::equals("active", true)?.and_equals("department", department)?;
        Ok(tx.check("another administrator", &self.key(), &holds))
    }

    /// The user as the caller of a session.
    pub fn actor(&self, session: SessionId) -> Actor {
        Actor {
            kind: if self.brand.is_some() { Kind::Staff } else { Kind::Admin },
            id: ActorId::Staff(self.id),
            department: Some(self.department),
            permissions: self.permissions.clone(),
            brand: self.brand,
            session,
        }
    }

    /// What the user may do: the department's permissions and their own.
    pub fn all_permissions(&self) -> Vec<Permission> {
        let has = |permission: &Permission| {
            self.department.grants(*permission) || self.permissions.contains(permission)
        };
        Permission::ALL.iter().copied().filter(has).collect()
    }
}

fn owner(brand: Option<BrandId>) -> String {
    brand.map_or(Ulid::nil(), BrandId::ulid).to_string()
}

fn email_hash(lookup_key: &SecretString, email: &Email) -> Result<String, StoreError> {
    keyed_hash(lookup_key, EMAIL_PURPOSE, email.expose())
}

impl Entity for StaffUser {
    const NAME: &'static str = "staff user";

    fn key(&self) -> Key {
        Self::key_of(self.id)
    }

    fn indexes(&self) -> Indexes {
        let sort = format!("{}#{}", owner(self.brand), self.id);
        Indexes { list: Some((LIST_PARTITION.to_owned(), sort)), ..Indexes::default() }
    }
}

impl Versioned for StaffUser {
    fn version(&self) -> u64 {
        self.version
    }

    fn set_version(&mut self, version: u64) {
        self.version = version;
    }
}

/// Says whose an e-mail address is; one user each, over all brands, since signing in names no
/// brand.
#[derive(Debug, Serialize, Deserialize)]
struct EmailClaim {
    hash: String,
    staff: StaffId,
}

impl EmailClaim {
    fn key_of(hash: &str) -> Key {
        Key::new(format!("STAFFEMAIL#{hash}"), "HEAD")
    }
}

impl Entity for EmailClaim {
    const NAME: &'static str = "staff e-mail";

    fn key(&self) -> Key {
        Self::key_of(&self.hash)
    }
}

/// Why a user was not stored.
#[derive(Debug, thiserror::Error)]
pub enum StaffError {
    #[error("another user has this e-mail address")]
    EmailTaken,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl StaffError {
    pub fn from_store(error: StoreError) -> Self {
        if error.is_conflict_on(EMAIL_LABEL) { Self::EmailTaken } else { Self::Store(error) }
    }
}
