use axum::Json;
use axum::extract::State;
use platform::Deps;
use platform::auth::Allowed;
use platform::auth::permission::ReadLoans;
use platform::http::{ApiError, List, Page, PageParams};
use platform::store::{LoanRecord, Range};
use platform::views::LoanSummary;

/// List the loans that nobody looks after
///
/// Newest first. A page may be short and still have a next one.
#[utoipa::path(
    get,
    path = "/api/v1/partner/brand/{brandId}/loans/unallocated",
    tag = "loans",
    params(PageParams),
    responses((status = 200, description = "one page of loans", body = Page<LoanSummary>))
)]
pub(super) async fn unallocated(
    allowed: Allowed<ReadLoans>,
    State(deps): State<Deps>,
    list: List,
) -> Result<Json<Page<LoanSummary>>, ApiError> {
    let range = Range::list(LoanRecord::list_partition(allowed.brand.id)).descending();
    let keep = |record: &LoanRecord| record.owner.is_none();
    let slice = deps.table.list(&range, list.limit, list.after.clone(), keep).await?;
    let today = deps.today(&allowed.brand);
    Ok(Json(list.page(slice, |record| LoanSummary::new(&record, today))?))
}
