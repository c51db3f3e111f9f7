use domain::ids::{BrandId, SessionId, StaffId};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    Brand, Condition, Entity, Event, Indexes, Key, Range, Session, SessionEnd, StoreError, Table,
    Update,
};

/// How long it is known who was signed in when.
pub(super) const ACTIVITY_KEPT_SECONDS: i64 = 400 * 24 * 3_600;

/// From when to when a user was signed in; outlives the session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ActivitySession {
    pub session: SessionId,
    pub staff: StaffId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub brand: Option<BrandId>,
    pub opened_at: Timestamp,
    /// The last ping or refresh.
    pub last_seen_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<SessionEnd>,
    pub(super) expires_at: i64,
}

impl ActivitySession {
    /// The partition of a month (`2026-03`) of a brand's, or the platform's, activity.
    pub fn partition(brand: Option<BrandId>, month: &str) -> String {
        format!("B#{}#ACTIVITY#{month}", brand.unwrap_or(Brand::PLATFORM).ulid())
    }

    /// The sessions of a brand, or the platform, that have not been closed, in order of opening.
    pub fn open_of(brand: Option<BrandId>) -> Range {
        Range::due(Self::open_partition(brand))
    }

    fn open_partition(brand: Option<BrandId>) -> String {
        format!("B#{}#OPEN", brand.unwrap_or(Brand::PLATFORM).ulid())
    }

    pub(super) fn key_of(brand: Option<BrandId>, opened_at: Timestamp, session: SessionId) -> Key {
        let month: String = opened_at.to_string().chars().take(7).collect();
        Key::new(Self::partition(brand, &month), session.ulid().to_string())
    }

    /// Whether the session is open and has not been heard of for so long.
    pub fn is_idle(&self, idle_after: SignedDuration, now: Timestamp) -> bool {
        self.closed_at.is_none() && now.duration_since(self.last_seen_at) >= idle_after
    }

    /// Notes that the user of a session is at work; `None` where the session was closed.
    pub async fn ping(
        table: &Table,
        session: &Session,
        at: Timestamp,
    ) -> Result<Option<Self>, StoreError> {
        let key = Self::key_of(session.brand, session.opened_at, session.id);
        let seen = Update::new().set("lastSeenAt", at)?;
        let open = Condition::present().and_absent("closedAt");
        match table.update(Self::NAME, &key, &seen, &open).await {
            Ok(item) => Self::from_item(item).map(Some),
            Err(error) if error.is_conflict() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// What closing changes; the session leaves the index of open ones.
    pub(super) fn closing(at: Timestamp, end: SessionEnd) -> Result<Update, StoreError> {
        Ok(Update::new().set("closedAt", at)?.set("end", end)?.remove("dk").remove("ds"))
    }

    /// Closes a session that is idle, and ends what it was opened for, so that its user has to sign
    /// in again. False where it was heard of, or closed, meanwhile: then nothing is written.
    pub async fn close_idle(
        &self,
        table: &Table,
        idle_after: SignedDuration,
        event: &Event,
    ) -> Result<bool, StoreError> {
        let closed_at = self.last_seen_at.checked_add(idle_after).unwrap_or(event.at);
        let as_read = Condition::equals("lastSeenAt", self.last_seen_at)?.and_absent("closedAt");
        // A session that expired was removed by itself: deleting it again changes nothing.
        let closed = table
            .tx()
            .delete(Session::NAME, &Session::key_of(self.session), &Condition::default())
            .update(Self::NAME, &self.key(), &Self::closing(closed_at, SessionEnd::Idle)?, &as_read)
            .create(Event::NAME, event)
            .commit()
            .await;
        match closed {
            Ok(()) => Ok(true),
            Err(error) if error.is_conflict_on(Self::NAME) => Ok(false),
            Err(error) => Err(error),
        }
    }
}

impl Entity for ActivitySession {
    const NAME: &'static str = "activity session";

    fn key(&self) -> Key {
        Self::key_of(self.brand, self.opened_at, self.session)
    }

    fn indexes(&self) -> Indexes {
        let open = || (Self::open_partition(self.brand), self.session.ulid().to_string());
        Indexes {
            due: self.closed_at.is_none().then(open),
            expires_at: Some(self.expires_at),
            ..Indexes::default()
        }
    }
}
