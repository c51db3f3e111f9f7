use connectors::whatsapp::ConnectionState;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::store::{Condition, Consistency, Entity, Key, StoreError, Table, Tx, Update};

/// Workers that reserve at the same moment get in each other's way this often at most.
const RESERVE_LIMIT_TRIES: u32 = 16;
/// A turn further away than this was reserved by a clock that has been set back since.
const HORIZON: SignedDuration = SignedDuration::from_hours(7 * 24);

/// One connected WhatsApp number: its pace and its connection. Its name is the gateway's, so brands
/// that share a number share its pace. Times are the business clock's, in milliseconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WhatsappInstance {
    pub name: String,
    /// The first moment not yet reserved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    next: Option<i64>,
    /// When a message last left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last: Option<i64>,
    /// As the gateway last reported it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connection: Option<ConnectionState>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connection_at: Option<Timestamp>,
}

/// A turn at an instance, or none before the given end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slot {
    At(Timestamp),
    TooLate,
}

impl WhatsappInstance {
    pub fn key_of(name: &str) -> Key {
        Key::new(format!("WAI#{name}"), "HEAD")
    }

    /// The instance; one that was never used is idle.
    pub async fn load(table: &Table, name: &str) -> Result<Self, StoreError> {
        let stored = table.get(&Self::key_of(name), Consistency::Strong).await?;
        Ok(stored.unwrap_or_else(|| Self {
            name: name.to_owned(),
            next: None,
            last: None,
            connection: None,
            connection_at: None,
        }))
    }

    /// Takes the next free turn from `now` on that `opening` allows (it moves a moment to the first
    /// allowed one), and keeps the instance free for `pause` after it. Nothing is taken where the
    /// turn would not be before `end`.
    pub async fn reserve(
        table: &Table,
        name: &str,
        now: Timestamp,
        opening: impl Fn(Timestamp) -> Timestamp + Send + Sync,
        end: Option<Timestamp>,
        pause: impl Fn() -> SignedDuration + Send + Sync,
    ) -> Result<Slot, StoreError> {
        for _ in 0..RESERVE_LIMIT_TRIES {
            let instance = Self::load(table, name).await?;
            let free = instance.next.filter(|next| !is_astray(*next, now)).unwrap_or(i64::MIN);
            let slot = opening(at(free.max(now.as_millisecond()))?);
            if end.is_some_and(|end| slot >= end) {
                return Ok(Slot::TooLate);
            }
            let next = slot.as_millisecond().saturating_add(millis(pause()));
            let update = Update::new().set("next", next)?.set("name", name)?;
            let unchanged = match instance.next {
                Some(read) => Condition::equals("next", read)?,
                None => Condition::default().and_absent("next"),
            };
            match table.update("instance", &Self::key_of(name), &update, &unchanged).await {
                Ok(_) => return Ok(Slot::At(slot)),
                Err(error) if error.is_conflict() => {}
                Err(error) => return Err(error),
            }
        }
        Err(StoreError::Contention)
    }

    /// How long the instance must still rest after its last message, if at all.
    pub fn rest(&self, now: Timestamp, pause: SignedDuration) -> Option<SignedDuration> {
        let last = self.last.filter(|last| !is_astray(*last, now))?;
        let rest = last.saturating_add(millis(pause)).saturating_sub(now.as_millisecond());
        (rest > 0).then(|| SignedDuration::from_millis(rest))
    }

    /// Adds to a transaction that a message leaves now. A conflict on `instance` means that another
    /// left since the instance was read.
    pub fn leave<'x>(&self, tx: Tx<'x>, now: Timestamp) -> Result<Tx<'x>, StoreError> {
        let unchanged = match self.last {
            Some(read) => Condition::equals("last", read)?,
            None => Condition::default().and_absent("last"),
        };
        let update = Update::new().set("last", now.as_millisecond())?.set("name", &self.name)?;
        Ok(tx.update("instance", &Self::key_of(&self.name), &update, &unchanged))
    }

    /// Keeps what the gateway reported about the connection.
    pub async fn connected(
        table: &Table,
        name: &str,
        state: ConnectionState,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let update =
            Update::new().set("connection", state)?.set("connectionAt", now)?.set("name", name)?;
        table.update("instance", &Self::key_of(name), &update, &Condition::default()).await?;
        Ok(())
    }
}

impl Entity for WhatsappInstance {
    const NAME: &'static str = "instance";

    fn key(&self) -> Key {
        Self::key_of(&self.name)
    }
}

fn is_astray(moment: i64, now: Timestamp) -> bool {
    moment.saturating_sub(now.as_millisecond()) > millis(HORIZON)
}

fn millis(duration: SignedDuration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

fn at(millis: i64) -> Result<Timestamp, StoreError> {
    Timestamp::from_millisecond(millis).map_err(|error| StoreError::Corrupt(error.to_string()))
}
