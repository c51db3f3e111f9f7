use axum::Json;
use platform::auth::Public;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::probe::{self, Status};

/// That the process answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Live {
    /// Always `UP`: a process that is down does not answer.
    pub status: Status,
    pub uptime_seconds: u64,
}

/// Whether the process answers; asks nothing of what it depends on.
#[utoipa::path(
    get,
    path = "/api/v1/health/live",
    tag = "health",
    responses((status = 200, description = "it answers", body = Live))
)]
pub(super) async fn live(_: Public) -> Json<Live> {
    Json(Live { status: Status::Up, uptime_seconds: probe::uptime_seconds() })
}
