use axum::Json;
use axum::extract::State;
use platform::Deps;
use platform::auth::SuperAdmin;
use platform::http::ApiError;
use platform::store::PlatformSettings;

use super::PlatformSettingsView;
use crate::admin::etag::{ETag, etag};

/// The platform's settings.
#[utoipa::path(
    get,
    path = "/api/v1/admin/settings",
    tag = "admin",
    responses((status = 200, description = "the settings", body = PlatformSettingsView))
)]
pub(in crate::admin) async fn get(
    _: SuperAdmin,
    State(deps): State<Deps>,
) -> Result<(ETag, Json<PlatformSettingsView>), ApiError> {
    let settings = PlatformSettings::load(&deps.table).await?;
    Ok((etag(settings.version), Json(PlatformSettingsView::of(&settings))))
}
