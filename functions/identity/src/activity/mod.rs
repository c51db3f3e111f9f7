//! Who is at work: sessions from signing in to their end, and the pings that keep them.
//!
//! A console pings while its user works. Who is not heard of for as long as the brand's setting
//! `idleAfterMinutes` is idle; `job-idle-sessions` then closes the session within another 15
//! minutes, and the user signs in again.

mod idle;
mod ping;
mod sessions;

use domain::ids::{SessionId, StaffId};
use jiff::{SignedDuration, Timestamp};
use platform::store::{ActivitySession, Brand, SessionEnd};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// `/api/v1/partner/brand/{brandId}/activity/…`
pub fn router() -> platform::http::Routes {
    platform::routes![ping::ping, sessions::sessions, idle::idle]
}

/// From when to when a member of staff was signed in.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ActivitySession)]
pub struct ActivityView {
    #[schema(value_type = String, example = "ses_01JZ8Q4M6T3N5V7X9Y1B2C3D4E")]
    pub session_id: SessionId,
    #[schema(value_type = String)]
    pub user_id: StaffId,
    #[schema(value_type = String, format = DateTime)]
    pub opened_at: Timestamp,
    /// The last ping or refresh.
    #[schema(value_type = String, format = DateTime)]
    pub last_seen_at: Timestamp,
    /// When the session is, or was, idle if nothing more is heard.
    #[schema(value_type = String, format = DateTime)]
    pub idle_at: Timestamp,
    /// Null while it is open.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub closed_at: Option<Timestamp>,
    /// LOGOUT, TOKEN_REUSED, REVOKED or IDLE.
    #[schema(value_type = Option<String>)]
    pub end: Option<SessionEnd>,
}

impl ActivityView {
    fn of(session: &ActivitySession, brand: &Brand) -> Self {
        let idle_at = session.last_seen_at.checked_add(idle_after(brand));
        Self {
            session_id: session.session,
            user_id: session.staff,
            opened_at: session.opened_at,
            last_seen_at: session.last_seen_at,
            idle_at: idle_at.unwrap_or(session.last_seen_at),
            closed_at: session.closed_at,
            end: session.end,
        }
    }
}

fn idle_after(brand: &Brand) -> SignedDuration {
    SignedDuration::from_mins(i64::from(brand.idle_after_minutes))
}
