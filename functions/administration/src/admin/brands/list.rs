use axum::Json;
use axum::extract::State;
use platform::Deps;
use platform::auth::SuperAdmin;
use platform::http::{ApiError, List, Page, PageParams};
use platform::store::{Brand, Range};

use super::BrandView;

/// Every brand, in order of creation.
#[utoipa::path(
    get,
    path = "/api/v1/admin/brands",
    tag = "admin",
    params(PageParams),
    responses((status = 200, description = "a page of brands", body = Page<BrandView>))
)]
pub(in crate::admin) async fn list(
    _: SuperAdmin,
    State(deps): State<Deps>,
    list: List,
) -> Result<Json<Page<BrandView>>, ApiError> {
    let range = Range::partition(Brand::PARTITION);
    let slice = deps.table.query::<Brand>(&range, list.limit, list.after.clone()).await?;
    let page = list.page(slice, |brand| BrandView::of(&brand))?;
    let items = page.items.into_iter().collect::<Result<_, _>>()?;
    Ok(Json(Page { items, next_cursor: page.next_cursor }))
}
