use domain::ids::StaffId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Consistency, Entity, Indexes, Key, StaffUser, StoreError, Table};
use crate::auth::access::ACCESS_TOKEN_LIFE_SECONDS;

/// Past the life of an access token, for clocks that differ.
const KEPT_SECONDS: i64 = ACCESS_TOKEN_LIFE_SECONDS + 60;

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

    /// Whether a token of these credentials is revoked.
    pub async fn covers(
        table: &Table,
        staff: StaffId,
        credentials: u32,
    ) -> Result<bool, StoreError> {
        let revocation: Option<Self> = table.get(&Self::key_of(staff), Consistency::Strong).await?;
        Ok(revocation.is_some_and(|revocation| credentials < revocation.credentials))
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
