use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::ids::BrandId;
use garde::Validate;
use jiff::civil::Date;
use platform::Deps;
use platform::auth::SuperAdmin;
use platform::http::{ApiError, Body, Path, RequestId};
use platform::jobs::{Job, JobError, JobInput, plan};
use platform::store::{Author, Entity, Event};
use serde::Deserialize;
use utoipa::ToSchema;

use super::RunView;

const REASON_LIMIT_CHARS: usize = 500;

/// A job as the path names it: `overdue` or `job-overdue`.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(try_from = "String")]
pub(in crate::admin) struct JobName(Job);

impl TryFrom<String> for JobName {
    type Error = platform::jobs::UnknownJob;

    fn try_from(name: String) -> Result<Self, Self::Error> {
        name.parse().map(Self)
    }
}

#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub struct RunJob {
    #[schema(value_type = String)]
    pub brand_id: BrandId,
    /// Today in the brand's timezone, where absent; not later than that.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Date)]
    pub business_date: Option<Date>,
    /// Why it is run by hand.
    #[garde(length(chars, min = 1, max = REASON_LIMIT_CHARS))]
    pub reason: String,
}

/// Runs a job by hand: its shards are sent to the workers, who find what is left to do, or
/// nothing. Messages that were sent are not sent again.
#[utoipa::path(
    post,
    path = "/api/v1/admin/jobs/{job}/run",
    tag = "admin",
    request_body = RunJob,
    responses((status = 202, description = "the run, under way", body = RunView))
)]
pub(in crate::admin) async fn run(
    SuperAdmin(actor): SuperAdmin,
    State(deps): State<Deps>,
    Path(JobName(job)): Path<JobName>,
    request: RequestId,
    Body(body): Body<RunJob>,
) -> Result<(StatusCode, Json<RunView>), ApiError> {
    let effect = Author::of_request(&actor, &request)
        .effect("jobs:run", job.function())
        .reason(Some(body.reason.clone()));
    let input = JobInput {
        brand_id: body.brand_id,
        business_date: body.business_date,
        scheduled_time: None,
        dry_run: false,
        reason: Some(body.reason),
        started_by: Some(actor.id.to_string()),
    };
    let run = plan(&deps, job, &input).await.map_err(refusal)?;
    let event = Event::new(&deps, Some(run.brand), effect.after("businessDate", run.date));
    deps.table.tx().create(Event::NAME, &event).commit().await?;
    Ok((StatusCode::ACCEPTED, Json(RunView::from(&run))))
}

fn refusal(error: JobError) -> ApiError {
    match error {
        JobError::NoBrand(_) => ApiError::invalid_field("brandId", "is not a brand"),
        JobError::InTheFuture { .. } => ApiError::invalid_field("businessDate", error.to_string()),
        JobError::Store(error) => error.into(),
        JobError::Queue(error) => ApiError::unavailable(error.to_string()),
    }
}
