use axum::extract::State;
use domain::ids::NotificationId;
use http::StatusCode;
use platform::Deps;
use platform::auth::Allowed;
use platform::auth::permission::ReadNotifications;
use platform::http::{ApiError, Path, RequestId};
use platform::store::{Author, Condition, Entity, Event};

use super::{load, person};

/// Remove a notification
#[utoipa::path(
    delete,
    path = "/api/v1/partner/brand/{brandId}/notifications/{notificationId}",
    operation_id = "delete_notification",
    tag = "notifications",
    responses((status = 204, description = "it is removed"))
)]
pub(super) async fn delete(
    allowed: Allowed<ReadNotifications>,
    State(deps): State<Deps>,
    Path(id): Path<NotificationId>,
    request_id: RequestId,
) -> Result<StatusCode, ApiError> {
    let stored = load(&deps, &allowed.brand, person(&allowed.actor)?, id).await?;
    let effect = Author::of_request(&allowed.actor, &request_id).effect("notifications:delete", id);
    deps.table
        .tx()
        .delete("notification", &stored.key(), &Condition::present())
        .create("event", &Event::new(&deps, Some(allowed.brand.id), effect))
        .commit()
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
