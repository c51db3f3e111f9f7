use std::time::Duration;

use axum::Json;
use axum::extract::State;
use domain::ids::ImportId;
use platform::Deps;
use platform::auth::Allowed;
use platform::auth::permission::ImportPortfolios;
use platform::http::{ApiError, Path};
use platform::store::{Import, ImportStatus};

use super::view::ImportView;

/// How long the link to the results is good for.
const RESULTS_LIFE: Duration = Duration::from_secs(900);

/// Get an import
///
/// How far it is, what its rows came to, and whether file and system agree.
#[utoipa::path(
    get,
    path = "/api/v1/partner/brand/{brandId}/imports/{importId}",
    tag = "imports",
    responses((status = 200, description = "the import as it is now", body = ImportView))
)]
pub(super) async fn get(
    allowed: Allowed<ImportPortfolios>,
    State(deps): State<Deps>,
    Path(id): Path<ImportId>,
) -> Result<Json<ImportView>, ApiError> {
    let import = Import::load(&deps.table, allowed.brand.id, id).await?;
    let import = import.ok_or_else(ApiError::not_found)?;
    let results_url = if import.status == ImportStatus::Done {
        let url = deps.bucket.presign_get(&import.results_key(), RESULTS_LIFE).await;
        Some(url.map_err(|error| ApiError::unavailable(error.to_string()))?)
    } else {
        None
    };
    Ok(Json(ImportView::new(&import, results_url)))
}
