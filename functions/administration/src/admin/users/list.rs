use axum::Json;
use axum::extract::State;
use domain::ids::BrandId;
use garde::Validate;
use platform::Deps;
use platform::auth::SuperAdmin;
use platform::http::{ApiError, List, Page, PageParams};
use platform::store::StaffUser;
use serde::Deserialize;
use utoipa::IntoParams;

use super::UserView;

#[derive(Debug, Clone, Copy, Deserialize, Validate, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[garde(allow_unvalidated)]
#[into_params(parameter_in = Query)]
pub(in crate::admin) struct UserFilters {
    /// Only this brand's.
    #[param(value_type = Option<String>)]
    brand_id: Option<BrandId>,
}

/// All staff: the platform's own, then brand by brand, each in order of creation.
#[utoipa::path(
    get,
    path = "/api/v1/admin/users",
    tag = "admin",
    params(UserFilters, PageParams),
    responses((status = 200, description = "a page of users", body = Page<UserView>))
)]
pub(in crate::admin) async fn list(
    _: SuperAdmin,
    State(deps): State<Deps>,
    list: List<UserFilters>,
) -> Result<Json<Page<UserView>>, ApiError> {
    let range = match list.filters.brand_id {
        Some(brand) => StaffUser::of_brand(Some(brand)),
        None => StaffUser::everybody(),
    };
    let slice = deps.table.list(&range, list.limit, list.after.clone(), |_: &StaffUser| true);
    Ok(Json(list.page(slice.await?, |user| UserView::from(&user))?))
}
