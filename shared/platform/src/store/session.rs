use domain::ids::{BrandId, SessionId, StaffId};
use jiff::Timestamp;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::activity::ACTIVITY_KEPT_SECONDS;
use super::lookup::keyed_hash;
use super::{
    ActivitySession, Condition, Consistency, Entity, Event, Indexes, Key, StaffUser, StoreError,
    Table, Tx, Update, Versioned,
};
use crate::Deps;
use crate::auth::refresh::RefreshToken;

/// From signing in to having to sign in again, however often the session was refreshed.
pub const SESSION_LIFE_SECONDS: i64 = 30 * 24 * 3_600;
pub const SECURE_CODE_LIFE_SECONDS: i64 = 15 * 60;
const SECURE_CODE_BYTES: usize = 16;
const SECURE_CODE_PURPOSE: &str = "secure-code";

/// A signed-in user: the family of the refresh tokens that follow from one sign-in, of which only
/// the last is good. Removed when it ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Session {
    pub id: SessionId,
    #[serde(rename = "v", default)]
    pub version: u64,
    pub staff: StaffId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub brand: Option<BrandId>,
    /// [`RefreshToken::hash`] of the token that is good.
    token_hash: String,
    /// [`StaffUser::credentials`] under which the session goes on.
    pub credentials: u32,
    /// Business time.
    pub opened_at: Timestamp,
    /// Wall time, in seconds since 1970.
    pub expires_at: i64,
}

/// Why a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SessionEnd {
    /// The user signed out.
    Logout,
    /// A refresh token came that had been replaced: two parties hold the session, one of them is
    /// not its owner.
    TokenReused,
    /// The user was deactivated, or what they may do or the password changed elsewhere.
    Revoked,
    /// Nothing was heard of the user for as long as the brand allows.
    Idle,
}

impl SessionEnd {
    pub const fn action(self) -> &'static str {
        match self {
            Self::Logout => "auth:logout",
            Self::TokenReused => "auth:token-reused",
            Self::Revoked => "auth:session-revoked",
            Self::Idle => "auth:session-idle",
        }
    }
}

impl Session {
    /// A new session of a user with its first refresh token; stored by [`Session::open_in`].
    pub fn new(deps: &Deps, user: &StaffUser) -> (Self, RefreshToken) {
        let token = RefreshToken::generate(SessionId::new(deps.ulid()));
        let session = Self {
            id: token.session,
            version: 0,
            staff: user.id,
            brand: user.brand,
            token_hash: token.hash(),
            credentials: user.credentials,
            opened_at: deps.now(),
            expires_at: deps.clock.wall().as_second() + SESSION_LIFE_SECONDS,
        };
        (session, token)
    }

    pub fn key_of(id: SessionId) -> Key {
        Key::new(format!("SESSION#{}", id.ulid()), "HEAD")
    }

    /// The session, where it has not ended and has not expired at `wall`.
    pub async fn load(
        table: &Table,
        id: SessionId,
        wall: Timestamp,
    ) -> Result<Option<Self>, StoreError> {
        let session: Option<Self> = table.get(&Self::key_of(id), Consistency::Strong).await?;
        Ok(session.filter(|session| wall.as_second() < session.expires_at))
    }

    /// Adds the session, and the activity session that it opens, to a transaction.
    pub fn open_in<'x>(&mut self, tx: Tx<'x>) -> Tx<'x> {
        let activity = ActivitySession {
            session: self.id,
            staff: self.staff,
            brand: self.brand,
            opened_at: self.opened_at,
            last_seen_at: self.opened_at,
            closed_at: None,
            end: None,
            expires_at: self.expires_at - SESSION_LIFE_SECONDS + ACTIVITY_KEPT_SECONDS,
        };
        tx.replace(Self::NAME, self).create(ActivitySession::NAME, &activity)
    }

    /// Whether this is the session's good refresh token.
    pub fn accepts(&self, token: &RefreshToken) -> bool {
        token.session == self.id && token.matches(&self.token_hash)
    }

    /// Whether the session may go on for this user.
    pub const fn is_of(&self, user: &StaffUser) -> bool {
        user.active && self.credentials == user.credentials
    }

    /// Replaces the refresh token: the one before is no longer good.
    ///
    /// # Errors
    /// A conflict where the session was refreshed or ended meanwhile.
    pub async fn rotate(
        &mut self,
        table: &Table,
        at: Timestamp,
    ) -> Result<RefreshToken, StoreError> {
        let token = RefreshToken::generate(self.id);
        self.token_hash = token.hash();
        let seen = Update::new().set("lastSeenAt", at)?;
        let activity = self.activity_key();
        let tx = table.tx().replace(Self::NAME, self);
        tx.update(ActivitySession::NAME, &activity, &seen, &Condition::present()).commit().await?;
        Ok(token)
    }

    /// Adds to a transaction that the session goes on with the user's changed credentials.
    pub fn keep_in<'x>(&mut self, tx: Tx<'x>, user: &StaffUser) -> Tx<'x> {
        self.credentials = user.credentials;
        tx.replace(Self::NAME, self)
    }

    /// Ends the session; nothing happens where it has ended already.
    pub async fn end(
        &self,
        table: &Table,
        end: SessionEnd,
        event: &Event,
    ) -> Result<(), StoreError> {
        let closed = ActivitySession::closing(event.at, end)?;
        let ended = table
            .tx()
            .delete(Self::NAME, &self.key(), &Condition::present())
            .update(ActivitySession::NAME, &self.activity_key(), &closed, &Condition::present())
            .create(Event::NAME, event)
            .commit()
            .await;
        match ended {
            Err(error) if !error.is_conflict_on(Self::NAME) => Err(error),
            _ => Ok(()),
        }
    }

    fn activity_key(&self) -> Key {
        ActivitySession::key_of(self.brand, self.opened_at, self.id)
    }
}

impl Entity for Session {
    const NAME: &'static str = "session";

    fn key(&self) -> Key {
        Self::key_of(self.id)
    }

    fn indexes(&self) -> Indexes {
        Indexes { expires_at: Some(self.expires_at), ..Indexes::default() }
    }
}

impl Versioned for Session {
    fn version(&self) -> u64 {
        self.version
    }

    fn set_version(&mut self, version: u64) {
        self.version = version;
    }
}

/// A code by which one user signs in once: for who is new, or forgot the password. Only its keyed
/// hash is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecureCode {
    hash: String,
    pub staff: StaffId,
    /// [`StaffUser::credentials`] when it was given out: it is of no use once they changed.
    credentials: u32,
    /// Wall time, in seconds since 1970.
    pub expires_at: i64,
}

impl SecureCode {
    /// A new code and its text (32 hexadecimal digits), which is shown once.
    pub fn generate(
        lookup_key: &SecretString,
        user: &StaffUser,
        wall: Timestamp,
    ) -> Result<(Self, SecretString), StoreError> {
        let text = hex::encode(rand::random::<[u8; SECURE_CODE_BYTES]>());
        let hash = keyed_hash(lookup_key, SECURE_CODE_PURPOSE, &text)?;
        let expires_at = wall.as_second() + SECURE_CODE_LIFE_SECONDS;
        let code = Self { hash, staff: user.id, credentials: user.credentials, expires_at };
        Ok((code, SecretString::from(text)))
    }

    /// The code with this text, where it is unused and has not expired at `wall`.
    pub async fn find(
        table: &Table,
        lookup_key: &SecretString,
        text: &str,
        wall: Timestamp,
    ) -> Result<Option<Self>, StoreError> {
        let hash = keyed_hash(lookup_key, SECURE_CODE_PURPOSE, &text.to_ascii_lowercase())?;
        let code: Option<Self> = table.get(&Self::key_of(&hash), Consistency::Strong).await?;
        Ok(code.filter(|code| wall.as_second() < code.expires_at))
    }

    /// Whether the user may sign in with the code.
    pub fn is_of(&self, user: &StaffUser) -> bool {
        user.active && self.staff == user.id && self.credentials == user.credentials
    }

    /// Adds to a transaction that the code is used up; a conflict on `secure code` where it was
    /// used meanwhile.
    pub fn redeem_in<'x>(&self, tx: Tx<'x>) -> Tx<'x> {
        tx.delete(Self::NAME, &self.key(), &Condition::present())
    }

    fn key_of(hash: &str) -> Key {
        Key::new(format!("SECURECODE#{hash}"), "HEAD")
    }
}

impl Entity for SecureCode {
    const NAME: &'static str = "secure code";

    fn key(&self) -> Key {
        Self::key_of(&self.hash)
    }

    fn indexes(&self) -> Indexes {
        Indexes { expires_at: Some(self.expires_at), ..Indexes::default() }
    }
}
