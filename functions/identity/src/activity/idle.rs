use axum::Json;
use axum::extract::State;
use platform::Deps;
use platform::auth::Allowed;
use platform::auth::permission::ReadActivity;
use platform::http::{ApiError, List, Page, PageParams};
use platform::store::ActivitySession;

use super::{ActivityView, idle_after};

/// Lists the sessions that are idle and not closed yet, in order of opening. A page may be short
/// and still have a next one.
#[utoipa::path(
    get,
    path = "/api/v1/partner/brand/{brandId}/activity/idle",
    tag = "activity",
    params(PageParams),
    responses((status = 200, description = "a page of sessions", body = Page<ActivityView>))
)]
pub(super) async fn idle(
    allowed: Allowed<ReadActivity>,
    State(deps): State<Deps>,
    list: List,
) -> Result<Json<Page<ActivityView>>, ApiError> {
    let (brand, now) = (&allowed.brand, deps.now());
    let keep = |session: &ActivitySession| session.is_idle(idle_after(brand), now);
    let open = ActivitySession::open_of(Some(brand.id));
    let slice = deps.table.list(&open, list.limit, list.after.clone(), keep).await?;
    Ok(Json(list.page(slice, |session| ActivityView::of(&session, brand))?))
}
