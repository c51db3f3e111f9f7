use axum::Json;
use axum::extract::State;
use domain::ids::StaffId;
use garde::Validate;
use jiff::civil::Date;
use platform::Deps;
use platform::auth::Allowed;
use platform::auth::permission::ReadActivity;
use platform::http::{ApiError, List, Page, PageParams, period};
use platform::store::ActivitySession;
use serde::Deserialize;
use utoipa::IntoParams;

use super::ActivityView;

/// Which sessions are to be listed.
#[derive(Debug, Clone, Copy, Deserialize, Validate, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
#[garde(allow_unvalidated)]
pub(super) struct SessionFilters {
    #[serde(default)]
    #[param(value_type = Option<String>)]
    user_id: Option<StaffId>,
    /// Only those that are open, or only those that are closed.
    #[serde(default)]
    open: Option<bool>,
    /// Opened on this date in the brand's timezone or later; 92 days before `to` where absent.
    #[serde(default)]
    #[param(value_type = Option<String>, format = Date)]
    from: Option<Date>,
    /// Opened on this date in the brand's timezone or before; today where absent.
    #[serde(default)]
    #[param(value_type = Option<String>, format = Date)]
    to: Option<Date>,
}

/// Lists the sessions of the brand's staff, the latest first, for 400 days. A page of a filtered
/// list may be short and still have a next one.
#[utoipa::path(
    get,
    path = "/api/v1/partner/brand/{brandId}/activity/sessions",
    tag = "activity",
    params(SessionFilters, PageParams),
    responses((status = 200, description = "a page of sessions", body = Page<ActivityView>))
)]
pub(super) async fn sessions(
    allowed: Allowed<ReadActivity>,
    State(deps): State<Deps>,
    list: List<SessionFilters>,
) -> Result<Json<Page<ActivityView>>, ApiError> {
    let brand = &allowed.brand;
    let SessionFilters { user_id, open, from, to } = list.filters;
    let period = period::of(&deps, brand, from, to)?;
    let partition_of = |month: &str| ActivitySession::partition(Some(brand.id), month);
    let keep = |session: &ActivitySession| {
        period.contains(session.opened_at)
            && user_id.is_none_or(|id| session.staff == id)
            && open.is_none_or(|open| session.closed_at.is_none() == open)
    };
    let after = list.after.clone();
    let slice = deps.table.latest_by_month(partition_of, &period, list.limit, after, keep).await?;
    Ok(Json(list.page(slice, |session| ActivityView::of(&session, brand))?))
}
