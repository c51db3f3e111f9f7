use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use jiff::Timestamp;
use platform::Deps;
use platform::auth::permission::ExportReports;
use platform::auth::{Allowed, Permission};
use platform::http::{ApiError, Path, Query, RequestId};
use platform::store::Author;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::export::{Bounds, Step, step};
use super::filters::{Asked, ReportFilters, ReportType};
use super::get::{ReportParams, note};

const URL_VALID: Duration = Duration::from_secs(5 * 60);
const RETRY_AFTER_SECONDS: u32 = 1;

/// How far a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ExportState {
    /// Ask again, to have it go on.
    Preparing,
    Ready,
}

/// A file of a report.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExportView {
    pub state: ExportState,
    /// Rows written so far.
    pub rows: u64,
    /// When the reading began: what changed since then may be in it or not.
    #[schema(value_type = String, format = DateTime)]
    pub begun_at: Timestamp,
    pub size_bytes: Option<u64>,
    /// Whoever has it may read the file until it expires; null until the file is ready.
    pub url: Option<String>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub url_expires_at: Option<Timestamp>,
}

/// The URL is a secret while it is valid.
impl std::fmt::Debug for ExportView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ExportView").field("state", &self.state).finish_non_exhaustive()
    }
}

/// A report as a file
///
/// The same table as `/csv`, of any length. Each call writes the next part and answers 202; once the
/// file is whole, 200 with a URL that is valid for five minutes. The same question within ten
/// minutes finds the same file. Audited.
#[utoipa::path(
    get,
    path = "/api/v1/partner/brand/{brandId}/report/{reportType}/download",
    operation_id = "download_report",
    tag = "reports",
    params(ReportParams, ReportFilters),
    responses(
        (status = 200, description = "the file", body = ExportView),
        (status = 202, description = "ask again after `Retry-After` seconds", body = ExportView),
    )
)]
pub(super) async fn download(
    allowed: Allowed<ExportReports>,
    State(deps): State<Deps>,
    Path(report): Path<ReportType>,
    request_id: RequestId,
    Query(filters): Query<ReportFilters>,
) -> Result<Response, ApiError> {
    let brand = &allowed.brand;
    let asked = Asked::new(&deps, brand, report, filters)?;
    if asked.full {
        allowed.require(Permission::ReadFullCustomers)?;
    }
    let export = match step(&deps, brand, &asked, Bounds::CALL).await? {
        Step::Finished(export) => export,
        Step::Unfinished(export) => {
            let view = ExportView {
                state: ExportState::Preparing,
                rows: export.rows,
                begun_at: export.begun_at,
                size_bytes: None,
                url: None,
                url_expires_at: None,
            };
            let retry = [(header::RETRY_AFTER, RETRY_AFTER_SECONDS.to_string())];
            return Ok((StatusCode::ACCEPTED, retry, Json(view)).into_response());
        }
    };
    let author = Author::of_request(&allowed.actor, &request_id);
    note(&deps, brand.id, author, "reports:download", &asked).await?;
    let url = deps.bucket.presign_get(&export.file_key(), URL_VALID).await?;
    let view = ExportView {
        state: ExportState::Ready,
        rows: export.rows,
        begun_at: export.begun_at,
        size_bytes: Some(export.bytes),
        url: Some(url),
        url_expires_at: deps.clock.wall().checked_add(URL_VALID).ok(),
    };
    Ok(Json(view).into_response())
}
