use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use platform::Deps;
use platform::auth::Allowed;
use platform::auth::permission::ReadCommunications;
use platform::http::{ApiError, RequestId};
use platform::reminders::refresh_metrics;
use platform::store::{Author, Consistency, Event, ReminderMetrics};
use serde::Serialize;
use utoipa::ToSchema;

use super::refusal;

/// The brand's reminders in figures.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = UserReminderMetrics)]
pub struct ReminderMetricsView {
    /// Not fired yet.
    pub waiting: u64,
    pub fired: u64,
    /// Of those that fired: still to leave.
    pub queued: u64,
    pub sent: u64,
    pub failed: u64,
    pub suppressed: u64,
    /// Whether there are older reminders that were not counted.
    pub partial: bool,
    #[schema(value_type = String, format = DateTime)]
    pub metrics_last_updated: Timestamp,
}

impl From<ReminderMetrics> for ReminderMetricsView {
    fn from(metrics: ReminderMetrics) -> Self {
        Self {
            waiting: metrics.waiting,
            fired: metrics.fired,
            queued: metrics.queued,
            sent: metrics.sent,
            failed: metrics.failed,
            suppressed: metrics.suppressed,
            partial: metrics.partial,
            metrics_last_updated: metrics.as_of,
        }
    }
}

/// Get the figures of reminders
///
/// As they were counted last; they are counted where they never were.
#[utoipa::path(
    get,
    path = "/api/v1/partner/brand/{brandId}/user-reminders/dashboard-metrics/view",
    operation_id = "view_user_reminder_metrics",
    tag = "communications",
    responses((status = 200, description = "the figures", body = ReminderMetricsView))
)]
pub(in crate::communications) async fn view(
    allowed: Allowed<ReadCommunications>,
    State(deps): State<Deps>,
) -> Result<Json<ReminderMetricsView>, ApiError> {
    let key = ReminderMetrics::key_of(allowed.brand.id);
    let metrics = match deps.table.get(&key, Consistency::Strong).await? {
        Some(metrics) => metrics,
        None => refresh_metrics(&deps, &allowed.brand).await.map_err(refusal)?,
    };
    Ok(Json(metrics.into()))
}

/// Count reminders anew
///
/// Reminders that a request left without a schedule get theirs on the way.
#[utoipa::path(
    post,
    path = "/api/v1/partner/brand/{brandId}/user-reminders/dashboard-metrics/refresh",
    operation_id = "refresh_user_reminder_metrics",
    tag = "communications",
    responses((status = 200, description = "the figures as of now", body = ReminderMetricsView))
)]
pub(in crate::communications) async fn refresh(
    allowed: Allowed<ReadCommunications>,
    State(deps): State<Deps>,
    request_id: RequestId,
) -> Result<Json<ReminderMetricsView>, ApiError> {
    let brand = &allowed.brand;
    let metrics = refresh_metrics(&deps, brand).await.map_err(refusal)?;
    let author = Author::of_request(&allowed.actor, &request_id);
    let effect = author.effect("reminders:refresh-metrics", brand.id);
    deps.table.create(&Event::new(&deps, Some(brand.id), effect)).await?;
    Ok(Json(metrics.into()))
}
