use std::error::Error;
use std::sync::LazyLock;
use std::time::Duration;

use platform::http::error::chain;
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, timeout};
use utoipa::ToSchema;

/// How long a dependency may take to answer.
const PROBE_TIMEOUT: Duration = Duration::from_secs(2);

static STARTED: LazyLock<Instant> = LazyLock::new(Instant::now);

/// Uptime counts from the first call.
pub(super) fn mark_start() {
    LazyLock::force(&STARTED);
}

pub(super) fn uptime_seconds() -> u64 {
    STARTED.elapsed().as_secs()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Status {
    Up,
    Down,
}

/// Why a dependency counts as down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Reason {
    /// It did not answer within two seconds.
    Timeout,
    /// It could not be reached, or refused.
    Failed,
}

/// One dependency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Check {
    /// `table`, `bucket`, `queue accrual`, …
    #[schema(example = "queue accrual")]
    pub name: String,
    pub status: Status,
    /// Null where it is up.
    pub reason: Option<Reason>,
    pub duration_ms: u64,
}

/// Asks one dependency. What an error says goes to the log only.
pub(super) async fn probe<E: Error>(
    name: String,
    answer: impl Future<Output = Result<(), E>>,
) -> Check {
    let started = Instant::now();
    let reason = match timeout(PROBE_TIMEOUT, answer).await {
        Ok(Ok(())) => None,
        Ok(Err(error)) => {
            tracing::error!(check = name, cause = chain(&error), "a dependency failed");
            Some(Reason::Failed)
        }
        Err(_) => {
            tracing::error!(check = name, "a dependency did not answer in time");
            Some(Reason::Timeout)
        }
    };
    let status = if reason.is_some() { Status::Down } else { Status::Up };
    let duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    Check { name, status, reason, duration_ms }
}
