use axum::Json;
use axum::extract::State;
use platform::Deps;
use platform::auth::SuperAdmin;
use platform::http::{ApiError, Body, ErrorBody, IfMatch, RequestId};
use platform::store::{Author, Entity, Event, PlatformSettings};

use super::PlatformSettingsView;
use crate::admin::etag::{ETag, etag};

/// Changes the platform's settings.
#[utoipa::path(
    put,
    path = "/api/v1/admin/settings",
    tag = "admin",
    request_body = PlatformSettingsView,
    params(("If-Match" = Option<String>, Header, description = "the ETag that was read")),
    responses(
        (status = 200, description = "the settings", body = PlatformSettingsView),
        (status = 409, description = "changed meanwhile", body = ErrorBody)
    )
)]
pub(in crate::admin) async fn update(
    SuperAdmin(actor): SuperAdmin,
    State(deps): State<Deps>,
    request: RequestId,
    if_match: IfMatch,
    Body(body): Body<PlatformSettingsView>,
) -> Result<(ETag, Json<PlatformSettingsView>), ApiError> {
    let mut settings = PlatformSettings::load(&deps.table).await?;
    if_match.check(settings.version)?;
    let effect = Author::of_request(&actor, &request)
        .effect("platform:settings", "settings")
        .before("newBrandShards", settings.new_brand_shards)
        .after("newBrandShards", body.new_brand_shards);
    settings.new_brand_shards = body.new_brand_shards;
    let event = Event::new(&deps, None, effect);
    let tx = deps.table.tx().replace(PlatformSettings::NAME, &mut settings);
    tx.create(Event::NAME, &event).commit().await?;
    Ok((etag(settings.version), Json(body)))
}
