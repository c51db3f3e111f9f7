use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use futures::future::join_all;
use platform::Deps;
use platform::auth::Public;
use platform::aws::Queue;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::probe::{self, Check, Status, probe};

/// The system and what it depends on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Health {
    /// `DOWN` where one of the checks is.
    pub status: Status,
    /// The version that runs.
    #[schema(example = "0.1.0")]
    pub version: String,
    /// Since the process that answers began.
    pub uptime_seconds: u64,
    pub checks: Vec<Check>,
}

/// Whether table, queues and bucket answer, each within two seconds. 503 says which do not.
#[utoipa::path(
    get,
    path = "/api/v1/health",
    tag = "health",
    responses(
        (status = 200, description = "everything answers", body = Health),
        (status = 503, description = "something does not answer", body = Health)
    )
)]
pub(super) async fn check(_: Public, State(deps): State<Deps>) -> (StatusCode, Json<Health>) {
    let queues = join_all(Queue::ALL.into_iter().map(|queue| {
        let name = format!("queue {queue}");
        probe(name, deps.queues.reachable(queue))
    }));
    let (table, bucket, queues) = futures::join!(
        probe("table".to_owned(), deps.table.reachable()),
        probe("bucket".to_owned(), deps.bucket.reachable()),
        queues
    );
    let mut checks = vec![table, bucket];
    checks.extend(queues);
    let up = checks.iter().all(|check| check.status == Status::Up);
    let (code, status) = if up {
        (StatusCode::OK, Status::Up)
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, Status::Down)
    };
    let health = Health {
        status,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        uptime_seconds: probe::uptime_seconds(),
        checks,
    };
    (code, Json(health))
}
