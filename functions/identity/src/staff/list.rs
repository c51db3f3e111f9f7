use axum::Json;
use axum::extract::State;
use garde::Validate;
use platform::Deps;
use platform::auth::permission::ReadStaff;
use platform::auth::{Allowed, Department};
use platform::http::{ApiError, List, Page, PageParams};
use platform::store::StaffUser;
use serde::Deserialize;
use utoipa::IntoParams;

use super::StaffView;

const SEARCH_LIMIT_CHARS: usize = 64;

/// Which members of staff are to be listed.
#[derive(Debug, Clone, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
#[garde(allow_unvalidated)]
pub(super) struct StaffFilters {
    #[serde(default)]
    department: Option<Department>,
    #[serde(default)]
    active: Option<bool>,
    /// A part of the name.
    #[serde(default)]
    #[garde(length(chars, min = 2, max = SEARCH_LIMIT_CHARS))]
    q: Option<String>,
}

/// Lists the brand's staff in order of creation. A page of a filtered list may be short and still
/// have a next one.
#[utoipa::path(
    get,
    path = "/api/v1/partner/brand/{brandId}/user",
    tag = "staff",
    params(StaffFilters, PageParams),
    responses((status = 200, description = "a page of staff", body = Page<StaffView>))
)]
pub(super) async fn list(
    allowed: Allowed<ReadStaff>,
    State(deps): State<Deps>,
    list: List<StaffFilters>,
) -> Result<Json<Page<StaffView>>, ApiError> {
    let StaffFilters { department, active, q } = &list.filters;
    let part = q.as_ref().map(|q| q.to_lowercase());
    let keep = |user: &StaffUser| {
        let name = || user.name.expose().to_lowercase();
        department.is_none_or(|department| user.department == department)
            && active.is_none_or(|active| user.active == active)
            && part.as_ref().is_none_or(|part| name().contains(part))
    };
    let range = StaffUser::of_brand(Some(allowed.brand.id));
    let slice = deps.table.list(&range, list.limit, list.after.clone(), keep).await?;
    Ok(Json(list.page(slice, |user| StaffView::from(&user))?))
}
