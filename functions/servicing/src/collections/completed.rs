use axum::Json;
use axum::extract::State;
use garde::Validate;
use jiff::civil::Date;
use platform::Deps;
use platform::auth::Allowed;
use platform::auth::permission::ReadCollections;
use platform::http::{ApiError, List, Page, PageParams};
use platform::store::{Brand, Ending, LoanRecord, Range, Slice};
use serde::Deserialize;
use utoipa::IntoParams;

use super::view::CompletedItem;

/// Before and after every sort key.
const FIRST: &str = "0";
const LAST: &str = "~";

/// Which contracts that are over to show.
#[derive(Debug, Clone, Deserialize, Validate, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
#[garde(allow_unvalidated)]
pub struct CompletedFilters {
    /// Ended on this day or later.
    #[param(value_type = Option<String>, format = Date)]
    pub from: Option<Date>,
    /// Ended on this day or earlier.
    #[param(value_type = Option<String>, format = Date)]
    pub to: Option<Date>,
}

/// Contracts that are over, however they ended: the last one first.
#[utoipa::path(get, path = "/api/v1/partner/brand/{brandId}/completed",
    operation_id = "list_completed", tag = "collections",
    params(CompletedFilters, PageParams), responses((status = 200, body = Page<CompletedItem>)))]
pub async fn all(
    allowed: Allowed<ReadCollections>,
    State(deps): State<Deps>,
    list: List<CompletedFilters>,
) -> Result<Json<Page<CompletedItem>>, ApiError> {
    answer(&deps, &allowed.brand, &Ending::ALL, &list).await
}

/// Contracts that were paid in full: the last one first.
#[utoipa::path(get, path = "/api/v1/partner/brand/{brandId}/completed/closed",
    operation_id = "list_completed_closed", tag = "collections",
    params(CompletedFilters, PageParams), responses((status = 200, body = Page<CompletedItem>)))]
pub async fn closed(
    allowed: Allowed<ReadCollections>,
    State(deps): State<Deps>,
    list: List<CompletedFilters>,
) -> Result<Json<Page<CompletedItem>>, ApiError> {
    answer(&deps, &allowed.brand, &[Ending::Closed], &list).await
}

/// Contracts that were closed for less than was owed: the last one first.
#[utoipa::path(get, path = "/api/v1/partner/brand/{brandId}/completed/settled",
    operation_id = "list_completed_settled", tag = "collections",
    params(CompletedFilters, PageParams), responses((status = 200, body = Page<CompletedItem>)))]
pub async fn settled(
    allowed: Allowed<ReadCollections>,
    State(deps): State<Deps>,
    list: List<CompletedFilters>,
) -> Result<Json<Page<CompletedItem>>, ApiError> {
    answer(&deps, &allowed.brand, &[Ending::Settled], &list).await
}

/// Contracts that were given up as lost and are not recovered: the last one first.
#[utoipa::path(get, path = "/api/v1/partner/brand/{brandId}/completed/writeoff",
    operation_id = "list_completed_writeoff", tag = "collections",
    params(CompletedFilters, PageParams), responses((status = 200, body = Page<CompletedItem>)))]
pub async fn written_off(
    allowed: Allowed<ReadCollections>,
    State(deps): State<Deps>,
    list: List<CompletedFilters>,
) -> Result<Json<Page<CompletedItem>>, ApiError> {
    answer(&deps, &allowed.brand, &[Ending::WrittenOff], &list).await
}

async fn answer(
    deps: &Deps,
    brand: &Brand,
    endings: &[Ending],
    list: &List<CompletedFilters>,
) -> Result<Json<Page<CompletedItem>>, ApiError> {
    let CompletedFilters { from, to } = list.filters;
    let first = from.map_or_else(|| FIRST.to_owned(), |from| from.to_string());
    let last = to.map_or_else(|| LAST.to_owned(), |to| format!("{to}#{LAST}"));
    let ranges = |after: Option<&str>| {
        let last = after.unwrap_or(last.as_str());
        if first.as_str() > last {
            return Vec::new();
        }
        let range = |ending: &Ending| Range::due(LoanRecord::ended_partition(brand.id, *ending));
        let range = |ending| range(ending).between(first.as_str(), last).descending();
        endings.iter().map(range).collect()
    };
    // The index is behind the table for moments: a loan may have been recovered since.
    let keep = |record: &LoanRecord| {
        Ending::of(record.loan.stage).is_some_and(|ending| endings.contains(&ending))
    };
    let table = &deps.table;
    let slice: Slice<LoanRecord> =
        table.merged(ranges, list.limit, list.after.as_ref(), keep).await?;
    let today = deps.today(brand);
    Ok(Json(list.page(slice, |record| CompletedItem::new(&record, today))?))
}
