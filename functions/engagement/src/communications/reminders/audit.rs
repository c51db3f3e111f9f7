use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use domain::ids::{AuditId, ReminderId};
use jiff::Timestamp;
use platform::Deps;
use platform::auth::Allowed;
use platform::auth::permission::ReadCommunications;
use platform::http::{ApiError, Page, Path};
use platform::store::{Consistency, Event, Range, UserReminder};
use serde::Serialize;
use utoipa::ToSchema;

/// A reminder is created, scheduled and fired.
const EVENTS_LIMIT: usize = 100;

/// One step of a reminder.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = UserReminderLog)]
pub struct ReminderLog {
    #[schema(value_type = String)]
    pub id: AuditId,
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    pub actor: String,
    #[schema(example = "reminders:schedule")]
    pub action: String,
    pub after: BTreeMap<String, String>,
}

/// List what happened to a reminder
///
/// Oldest first.
#[utoipa::path(
    get,
    path = "/api/v1/partner/brand/{brandId}/user-reminders/{reminderId}/audit-logs",
    operation_id = "list_user_reminder_logs",
    tag = "communications",
    responses((status = 200, description = "its steps", body = Page<ReminderLog>))
)]
pub(in crate::communications) async fn audit(
    allowed: Allowed<ReadCommunications>,
    State(deps): State<Deps>,
    Path(id): Path<ReminderId>,
) -> Result<Json<Page<ReminderLog>>, ApiError> {
    let brand = allowed.brand.id;
    if UserReminder::load(&deps.table, brand, id).await?.is_none() {
        return Err(ApiError::not_found());
    }
    let range = Range::partition(Event::partition(brand, &id.to_string()))
        .prefix(Event::SORT_PREFIX)
        .consistency(Consistency::Strong);
    let events: Vec<Event> = deps.table.query_all(&range, EVENTS_LIMIT).await?;
    let items = events.into_iter().map(|event| ReminderLog {
        id: event.id,
        at: event.at,
        actor: event.effect.actor,
        action: event.effect.action,
        after: event.effect.after,
    });
    Ok(Json(Page { items: items.collect(), next_cursor: None }))
}
