use axum::Json;
use axum::extract::State;
use garde::Validate;
use platform::Deps;
use platform::auth::Allowed;
use platform::auth::permission::ReadNotifications;
use platform::http::{ApiError, List, PageParams};
use platform::store::{Bookmark, NOTIFICATIONS_LIMIT, Notification, Range, Slice, StoreError};
use serde::Deserialize;
use utoipa::IntoParams;

use super::person;
use super::view::{NotificationPage, NotificationView};

/// Which page, for those who count pages.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListNotifications {
    /// From 1, instead of `cursor`; only the newest 1,000 notifications are on pages.
    #[serde(default)]
    #[garde(range(min = 1, max = NOTIFICATIONS_LIMIT))]
    pub page: Option<usize>,
}

/// List one's notifications
///
/// Newest first, with the number of those that were not read.
#[utoipa::path(
    get,
    path = "/api/v1/partner/brand/{brandId}/notifications",
    operation_id = "list_notifications",
    tag = "notifications",
    params(ListNotifications, PageParams),
    responses((status = 200, description = "one page", body = NotificationPage))
)]
pub(super) async fn list(
    allowed: Allowed<ReadNotifications>,
    State(deps): State<Deps>,
    list: List<ListNotifications>,
) -> Result<Json<NotificationPage>, ApiError> {
    let (brand, person) = (allowed.brand.id, person(&allowed.actor)?);
    if list.filters.page.is_some() && list.after.is_some() {
        return Err(ApiError::invalid_field("page", "is not given together with a cursor"));
    }
    let range = Notification::of(brand, person).descending();
    let slice = match list.filters.page {
        None => deps.table.query(&range, list.limit, list.after.clone()).await?,
        Some(page) => numbered(&deps, &range, page, list.limit).await?,
    };
    let unread_count = deps.table.count_keys(&Notification::unread_of(brand, person)).await?;
    let page = list.page(slice, |stored: Notification| NotificationView::from(&stored))?;
    let (items, next_cursor) = (page.items, page.next_cursor);
    Ok(Json(NotificationPage { items, next_cursor, unread_count }))
}

/// The page of a number: those before it are read and left out.
async fn numbered(
    deps: &Deps,
    range: &Range,
    page: usize,
    limit: usize,
) -> Result<Slice<Notification>, StoreError> {
    let skipped = (page - 1).saturating_mul(limit);
    if skipped >= NOTIFICATIONS_LIMIT {
        return Ok(Slice { items: Vec::new(), next: None });
    }
    let mut after: Option<Bookmark> = None;
    let mut left = skipped;
    while left > 0 {
        let slice = deps.table.query::<Notification>(range, left, after).await?;
        left -= slice.items.len().min(left);
        let Some(next) = slice.next else {
            return Ok(Slice { items: Vec::new(), next: None });
        };
        after = Some(next);
    }
    deps.table.query(range, limit, after).await
}
