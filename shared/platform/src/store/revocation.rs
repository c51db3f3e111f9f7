use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use domain::ids::StaffId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Consistency, Entity, Indexes, Key, StaffUser, StoreError, Table};
use crate::auth::access::ACCESS_TOKEN_LIFE_SECONDS;

/// Past the life of an access token, for clocks that differ.
const KEPT_SECONDS: i64 = ACCESS_TOKEN_LIFE_SECONDS + 60;
/// How long what was read of a user is good enough for a call that only reads.
pub const READERS_LAG_SECONDS: i64 = 5;
/// The users that one instance remembers; beyond them it begins anew.
const REMEMBERED_USERS: usize = 1_024;

/// Says that a user's access tokens of earlier credentials are not good any more. Kept until the
/// last of them has expired by itself; while there is none, nothing was revoked lately.
///
/// It is an item of its own so that the functions that check it on every call read neither address
/// nor password hash, and need no right to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revocation {
    staff: StaffId,
    /// The lowest number that is good.
    credentials: u32,
    /// Wall time, in seconds since 1970.
    expires_at: i64,
}

impl Revocation {
    /// Leaves good what is given out under the user's present credentials.
    pub(super) fn before(user: &StaffUser, wall: Timestamp) -> Self {
        Self {
            staff: user.id,
            credentials: user.credentials,
            expires_at: wall.as_second() + KEPT_SECONDS,
        }
    }

    fn key_of(staff: StaffId) -> Key {
        Key::new(format!("REVOKED#{}", staff.ulid()), "HEAD")
    }
}

impl Entity for Revocation {
    const NAME: &'static str = "revocation";

    fn key(&self) -> Key {
        Self::key_of(self.staff)
    }

    fn indexes(&self) -> Indexes {
        Indexes { expires_at: Some(self.expires_at), ..Indexes::default() }
    }
}

/// When something was read of a user, and the lowest number of theirs that is good.
type Remembered = (Timestamp, u32);

/// The revocations, read through a short memory by calls that only read.
#[derive(Debug, Clone)]
pub struct Revocations {
    table: Table,
    fresh: Arc<Mutex<HashMap<StaffId, Remembered>>>,
}

impl Revocations {
    pub fn new(table: Table) -> Self {
        Self { table, fresh: Arc::default() }
    }

    /// Whether a token of these credentials is revoked, as of this instant of the wall clock: a
    /// strong read, for a call that changes something.
    pub async fn cover(
        &self,
        staff: StaffId,
        credentials: u32,
        wall: Timestamp,
    ) -> Result<bool, StoreError> {
        let key = Revocation::key_of(staff);
        let revocation: Option<Revocation> = self.table.get(&key, Consistency::Strong).await?;
        let lowest = revocation.map_or(0, |revocation| revocation.credentials);
        if let Ok(mut fresh) = self.fresh.lock() {
            if fresh.len() >= REMEMBERED_USERS {
                fresh.clear();
            }
            fresh.insert(staff, (wall, lowest));
        }
        Ok(credentials < lowest)
    }

    /// As [`Revocations::cover`], of a moment at most [`READERS_LAG_SECONDS`] ago: for a call that
    /// only reads.
    pub async fn covered_lately(
        &self,
        staff: StaffId,
        credentials: u32,
        wall: Timestamp,
    ) -> Result<bool, StoreError> {
        let remembered = self.fresh.lock().ok().and_then(|fresh| fresh.get(&staff).copied());
        match remembered {
            Some((read_at, lowest))
                if (0..READERS_LAG_SECONDS).contains(&wall.duration_since(read_at).as_secs()) =>
            {
                Ok(credentials < lowest)
            }
            _ => self.cover(staff, credentials, wall).await,
        }
    }
}
