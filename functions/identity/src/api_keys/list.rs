use axum::Json;
use axum::extract::State;
use platform::Deps;
use platform::auth::Allowed;
use platform::auth::permission::ManageApiKeys;
use platform::http::{ApiError, List, Page, PageParams};
use platform::store::ApiKey;

use super::ApiKeyView;

/// Lists the brand's keys in order of creation, without their secrets.
#[utoipa::path(
    get,
    path = "/api/v1/partner/brand/{brandId}/api-keys",
    tag = "api-keys",
    params(PageParams),
    responses((status = 200, description = "a page of keys", body = Page<ApiKeyView>))
)]
pub(super) async fn list(
    allowed: Allowed<ManageApiKeys>,
    State(deps): State<Deps>,
    list: List,
) -> Result<Json<Page<ApiKeyView>>, ApiError> {
    let range = ApiKey::of_brand(allowed.brand.id);
    let slice = deps.table.list(&range, list.limit, list.after.clone(), |_: &ApiKey| true).await?;
    Ok(Json(list.page(slice, |key| ApiKeyView::from(&key))?))
}
