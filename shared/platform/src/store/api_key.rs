use domain::ids::{ApiKeyId, BrandId, SessionId};
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;

use super::lookup::keyed_hash;
use super::{
    Condition, Consistency, Entity, Indexes, Key, Range, StoreError, Table, Tx, Update, Versioned,
};
use crate::auth::api_key::ApiKeyText;
use crate::auth::{Actor, ActorId, Kind, Permission};

/// Keys that a brand may have at a time.
pub const API_KEYS_LIMIT: usize = 50;
const PURPOSE: &str = "api-key";
/// The use of a key is noted once in so many seconds, so that it costs no write a call.
const USE_NOTED_SECONDS: i64 = 3_600;

/// A key by which another system acts in one brand. Removed when it is revoked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ApiKey {
    pub id: ApiKeyId,
    #[serde(rename = "v", default)]
    pub version: u64,
    pub brand: BrandId,
    /// What it is for, in its owners' words.
    pub name: String,
    pub permissions: Vec<Permission>,
    /// Keyed hash of the secret: of no use to who reads the table.
    hash: String,
    pub last_four: String,
    /// `staff_…`
    pub created_by: String,
    pub created_at: Timestamp,
    /// The hour in which it was last used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_used_at: Option<Timestamp>,
}

/// What a new key is to be.
#[derive(Debug, Clone)]
pub struct NewApiKey {
    pub id: ApiKeyId,
    pub brand: BrandId,
    pub name: String,
    pub permissions: Vec<Permission>,
    pub created_by: String,
    pub created_at: Timestamp,
}

impl ApiKey {
    /// A new key, and its text, which is shown once.
    pub fn generate(
        lookup_key: &SecretString,
        new: NewApiKey,
    ) -> Result<(Self, ApiKeyText), StoreError> {
        let NewApiKey { id, brand, name, permissions, created_by, created_at } = new;
        let text = ApiKeyText::generate(id);
        let key = Self {
            id,
            version: 0,
            brand,
            name,
            permissions,
            hash: hash(&text, lookup_key)?,
            last_four: text.last_four(),
            created_by,
            created_at,
            last_used_at: None,
        };
        Ok((key, text))
    }

    pub fn key_of(id: ApiKeyId) -> Key {
        Key::new(format!("APIKEY#{}", id.ulid()), "HEAD")
    }

    /// A brand's keys in order of creation.
    pub fn of_brand(brand: BrandId) -> Range {
        Range::list(Self::list_partition(brand))
    }

    fn list_partition(brand: BrandId) -> String {
        format!("B#{}#KEY", brand.ulid())
    }

    /// The key, where it was not revoked.
    pub async fn load(table: &Table, id: ApiKeyId) -> Result<Option<Self>, StoreError> {
        table.get(&Self::key_of(id), Consistency::Strong).await
    }

    /// Whether the text is this key's, in constant time.
    pub fn accepts(
        &self,
        text: &ApiKeyText,
        lookup_key: &SecretString,
    ) -> Result<bool, StoreError> {
        let given = hash(text, lookup_key)?;
        let same: bool = given.as_bytes().ct_eq(self.hash.as_bytes()).into();
        Ok(text.id() == self.id && same)
    }

    /// Notes that the key is used, once an hour.
    pub async fn note_use(&mut self, table: &Table, at: Timestamp) -> Result<(), StoreError> {
        let second = at.as_second();
        let hour = Timestamp::from_second(second - second.rem_euclid(USE_NOTED_SECONDS));
        let hour = hour.unwrap_or(at);
        if self.last_used_at.is_some_and(|last| last >= hour) {
            return Ok(());
        }
        self.last_used_at = Some(hour);
        let update = Update::new().set("lastUsedAt", hour)?;
        match table.update(Self::NAME, &self.key(), &update, &Condition::present()).await {
            // Revoked by somebody else at this moment: this call is the last.
            Err(error) if !error.is_conflict() => Err(error),
            _ => Ok(()),
        }
    }

    /// The key as a caller.
    pub fn actor(&self) -> Actor {
        Actor {
            kind: Kind::Staff,
            id: ActorId::ApiKey(self.id),
            department: None,
            permissions: self.permissions.clone(),
            brand: Some(self.brand),
            session: SessionId::new(self.id.ulid()),
        }
    }

    /// Adds the new key to a transaction.
    pub fn create_in<'x>(&mut self, tx: Tx<'x>) -> Tx<'x> {
        tx.replace(Self::NAME, self)
    }

    /// Adds to a transaction that the key is revoked; a conflict on `api key` where it was already.
    pub fn revoke_in<'x>(&self, tx: Tx<'x>) -> Tx<'x> {
        tx.delete(Self::NAME, &self.key(), &Condition::present())
    }
}

fn hash(text: &ApiKeyText, lookup_key: &SecretString) -> Result<String, StoreError> {
    keyed_hash(lookup_key, PURPOSE, text.secret().expose_secret())
}

impl Entity for ApiKey {
    const NAME: &'static str = "api key";

    fn key(&self) -> Key {
        Self::key_of(self.id)
    }

    fn indexes(&self) -> Indexes {
        let list = (Self::list_partition(self.brand), self.id.ulid().to_string());
        Indexes { list: Some(list), ..Indexes::default() }
    }
}

impl Versioned for ApiKey {
    fn version(&self) -> u64 {
        self.version
    }

    fn set_version(&mut self, version: u64) {
        self.version = version;
    }
}
