use axum::Json;
use axum::extract::State;
use domain::ids::BrandId;
use garde::Validate;
use jiff::civil::Date;
use platform::Deps;
use platform::auth::SuperAdmin;
use platform::http::{ApiError, List, Page, PageParams};
use platform::store::{Range, Run};
use serde::Deserialize;
use utoipa::IntoParams;

use super::RunView;

/// Sorts after every job of a date.
const AFTER_DATE: &str = "~";

#[derive(Debug, Clone, Copy, Deserialize, Validate, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[garde(allow_unvalidated)]
#[into_params(parameter_in = Query)]
pub(in crate::admin) struct RunFilters {
    /// Where it is left out, the runs of the latest dates of every brand, without further pages.
    #[param(value_type = Option<String>)]
    brand_id: Option<BrandId>,
    /// Business date, this one included.
    #[param(value_type = Option<String>, format = Date)]
    from: Option<Date>,
    /// Business date, this one included.
    #[param(value_type = Option<String>, format = Date)]
    to: Option<Date>,
}

/// The runs of the daily jobs, the latest business date first.
#[utoipa::path(
    get,
    path = "/api/v1/admin/jobs",
    tag = "admin",
    params(RunFilters, PageParams),
    responses((status = 200, description = "a page of runs", body = Page<RunView>))
)]
pub(in crate::admin) async fn list(
    _: SuperAdmin,
    State(deps): State<Deps>,
    list: List<RunFilters>,
) -> Result<Json<Page<RunView>>, ApiError> {
    let RunFilters { brand_id, from, to } = list.filters;
    let from = from.unwrap_or(Date::ZERO);
    let to = to.unwrap_or(Date::MAX);
    if from > to {
        return Err(ApiError::invalid_field("from", "must not be later than to"));
    }
    let range = |brand: BrandId| {
        Range::partition(Run::partition(brand))
            .between(from.to_string(), format!("{to}{AFTER_DATE}"))
            .descending()
    };
    if let Some(brand) = brand_id {
        let slice = deps.table.query::<Run>(&range(brand), list.limit, list.after.clone()).await?;
        return Ok(Json(list.page(slice, |run| RunView::from(&run))?));
    }
    let mut runs = Vec::new();
    for brand in deps.brands.all().await? {
        runs.extend(deps.table.query::<Run>(&range(brand.id), list.limit, None).await?.items);
    }
    runs.sort_by_key(|run| std::cmp::Reverse((run.date, run.started_at)));
    let items = runs.iter().take(list.limit).map(RunView::from).collect();
    Ok(Json(Page { items, next_cursor: None }))
}
