//! `job-idle-sessions`, every 15 minutes: closes the sessions of a brand's staff of which nothing
//! was heard for as long as the brand allows, and ends what they were opened for.
//!
//! What is closed is no longer listed as open, so a second firing finds nothing to do.

use domain::ids::BrandId;
use jiff::SignedDuration;
use platform::Deps;
use platform::jobs::{JobError, JobInput};
use platform::store::{ActivitySession, Author, Brand, Consistency, Event, SessionEnd, StoreError};
use serde::Serialize;

const PAGE_LIMIT_SESSIONS: usize = 100;
const ACTOR: &str = "job:idle-sessions";

/// What a run found and did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    pub brand_id: BrandId,
    pub open: u64,
    pub idle: u64,
    /// Fewer than were idle where somebody was heard of meanwhile; 0 in a dry run.
    pub closed: u64,
}

/// Closes what is idle at the moment of the run. The platform's own administrators are the brand of
/// 26 zeros.
///
/// # Errors
/// [`JobError::NoBrand`] for an id that is neither.
pub async fn handle(deps: Deps, input: JobInput) -> Result<Report, JobError> {
    let brand_id = input.brand_id;
    let brand = Some(brand_id).filter(|id| *id != Brand::PLATFORM);
    let idle_after = idle_after(&deps, brand).await?;
    let mut report = Report { brand_id, open: 0, idle: 0, closed: 0 };
    let range = ActivitySession::open_of(brand);
    let mut after = None;
    loop {
        let page = deps.table.query_keys(&range, PAGE_LIMIT_SESSIONS, after).await?;
        let sessions: Vec<ActivitySession> =
            deps.table.batch_get(&page.items, Consistency::Strong).await?;
        for session in sessions {
            // The index may be a moment behind the table.
            report.open += u64::from(session.closed_at.is_none());
            if session.is_idle(idle_after, deps.now()) {
                report.idle += 1;
                let closed = !input.dry_run && close(&deps, &session, idle_after).await?;
                report.closed += u64::from(closed);
            }
        }
        after = page.next;
        if after.is_none() {
            return Ok(report);
        }
    }
}

async fn idle_after(deps: &Deps, brand: Option<BrandId>) -> Result<SignedDuration, JobError> {
    let minutes = match brand {
        Some(id) => deps.brands.get(id).await?.ok_or(JobError::NoBrand(id))?.idle_after_minutes,
        None => Brand::IDLE_AFTER_DEFAULT_MINUTES,
    };
    Ok(SignedDuration::from_mins(i64::from(minutes)))
}

async fn close(
    deps: &Deps,
    session: &ActivitySession,
    idle_after: SignedDuration,
) -> Result<bool, StoreError> {
    let effect = Author::new(ACTOR).effect(SessionEnd::Idle.action(), session.staff);
    let effect = effect.after("lastSeenAt", session.last_seen_at);
    let event = Event::new(deps, session.brand, effect);
    session.close_idle(&deps.table, idle_after, &event).await
}
