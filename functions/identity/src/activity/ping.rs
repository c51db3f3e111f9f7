use axum::Json;
use axum::extract::State;
use platform::Deps;
use platform::auth::Allowed;
use platform::auth::permission::RecordActivity;
use platform::http::ApiError;
use platform::store::{ActivitySession, Session};

use super::ActivityView;

/// Says that the user of this session is at work; 401 where the session has ended. Takes no body.
#[utoipa::path(
    post,
    path = "/api/v1/partner/brand/{brandId}/activity/ping",
    tag = "activity",
    responses((status = 200, description = "the session", body = ActivityView))
)]
pub(super) async fn ping(
    allowed: Allowed<RecordActivity>,
    State(deps): State<Deps>,
) -> Result<Json<ActivityView>, ApiError> {
    let ended = || ApiError::unauthenticated().log("the session has ended");
    let id = allowed.actor.session;
    let session = Session::load(&deps.table, id, deps.clock.wall()).await?.ok_or_else(ended)?;
    let seen = ActivitySession::ping(&deps.table, &session, deps.now()).await?;
    Ok(Json(ActivityView::of(&seen.ok_or_else(ended)?, &allowed.brand)))
}
