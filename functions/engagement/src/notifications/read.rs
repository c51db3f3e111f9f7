use axum::Json;
use axum::extract::State;
use domain::ids::{NotificationId, StaffId};
use platform::Deps;
use platform::auth::Allowed;
use platform::auth::permission::ReadNotifications;
use platform::http::{ApiError, Path, RequestId};
use platform::store::{
    Author, Brand, Consistency, Event, NOTIFICATIONS_LIMIT, Notification, StoreError,
};

use super::view::{NotificationView, ReadAll};
use super::{load, person};

/// Notifications read together: DynamoDB's own bound of one BatchGetItem.
const PAGE_LIMIT_NOTIFICATIONS: usize = 100;

/// Mark a notification as read
///
/// One that was read stays as it is.
#[utoipa::path(
    patch,
    path = "/api/v1/partner/brand/{brandId}/notifications/{notificationId}/read",
    operation_id = "read_notification",
    tag = "notifications",
    responses((status = 200, description = "the notification", body = NotificationView))
)]
pub(super) async fn read(
    allowed: Allowed<ReadNotifications>,
    State(deps): State<Deps>,
    Path(id): Path<NotificationId>,
    request_id: RequestId,
) -> Result<Json<NotificationView>, ApiError> {
    let (brand, person) = (&allowed.brand, person(&allowed.actor)?);
    let mut stored = load(&deps, brand, person, id).await?;
    if stored.read_at.is_none() {
        stored.read_at = Some(deps.now());
        let effect =
            Author::of_request(&allowed.actor, &request_id).effect("notifications:read", id);
        deps.table
            .tx()
            .replace("notification", &mut stored)
            .create("event", &Event::new(&deps, Some(brand.id), effect))
            .commit()
            .await?;
    }
    Ok(Json(NotificationView::from(&stored)))
}

/// Mark all notifications as read
///
/// At most 1,000 in one call.
#[utoipa::path(
    patch,
    path = "/api/v1/partner/brand/{brandId}/notifications/read-all",
    operation_id = "read_all_notifications",
    tag = "notifications",
    responses((status = 200, description = "how many were not read before", body = ReadAll))
)]
pub(super) async fn read_all(
    allowed: Allowed<ReadNotifications>,
    State(deps): State<Deps>,
    request_id: RequestId,
) -> Result<Json<ReadAll>, ApiError> {
    let person = person(&allowed.actor)?;
    let read = mark_all(&deps, &allowed.brand, person).await?;
    if read > 0 {
        let author = Author::of_request(&allowed.actor, &request_id);
        let effect = author.effect("notifications:read-all", person).after("read", read);
        deps.table.create(&Event::new(&deps, Some(allowed.brand.id), effect)).await?;
    }
    Ok(Json(ReadAll { read }))
}

async fn mark_all(deps: &Deps, brand: &Brand, person: StaffId) -> Result<u64, StoreError> {
    let range = Notification::unread_of(brand.id, person);
    let (mut read, mut looked, mut after) = (0, 0, None);
    loop {
        let page = deps.table.query_keys(&range, PAGE_LIMIT_NOTIFICATIONS, after).await?;
        looked += page.items.len();
        let unread = deps.table.batch_get(&page.items, Consistency::Strong).await?;
        for mut notification in unread {
            read += u64::from(mark(deps, &mut notification).await?);
        }
        after = page.next;
        if after.is_none() || looked >= NOTIFICATIONS_LIMIT {
            return Ok(read);
        }
    }
}

/// Whether this call marked it: not where it was read, or another call was quicker.
async fn mark(deps: &Deps, notification: &mut Notification) -> Result<bool, StoreError> {
    if notification.read_at.is_some() {
        return Ok(false);
    }
    notification.read_at = Some(deps.now());
    match deps.table.replace(notification).await {
        Ok(()) => Ok(true),
        Err(error) if error.is_conflict() => Ok(false),
        Err(error) => Err(error),
    }
}
