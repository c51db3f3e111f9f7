//! The runs of the daily jobs.

pub(super) mod list;
pub(super) mod run;

use std::collections::BTreeMap;

use domain::ids::BrandId;
use jiff::Timestamp;
use jiff::civil::Date;
use platform::store::Run;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use run::RunJob;

/// One run of a job for a business date.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RunView {
    #[schema(value_type = String)]
    pub brand_id: BrandId,
    #[schema(example = "overdue")]
    pub job: String,
    #[schema(value_type = String, format = Date)]
    pub business_date: Date,
    pub shards: u16,
    pub shards_done: usize,
    #[schema(value_type = String, format = DateTime)]
    pub started_at: Timestamp,
    /// `schedule`, or who ran it by hand.
    pub started_by: String,
    pub reason: Option<String>,
    /// Null while shards are left to do.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub finished_at: Option<Timestamp>,
    /// What was counted over the shards that are done.
    pub counts: BTreeMap<String, u64>,
}

impl From<&Run> for RunView {
    fn from(run: &Run) -> Self {
        Self {
            brand_id: run.brand,
            job: run.job.name().to_owned(),
            business_date: run.date,
            shards: run.shards,
            shards_done: run.done.len(),
            started_at: run.started_at,
            started_by: run.started_by.clone(),
            reason: run.reason.clone(),
            finished_at: run.finished_at,
            counts: run.counts(),
        }
    }
}
