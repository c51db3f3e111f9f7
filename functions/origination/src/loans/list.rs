use axum::Json;
use axum::extract::State;
use domain::ids::LoanId;
use domain::loans::status::{Stage, Status};
use garde::Validate;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use platform::Deps;
use platform::auth::Allowed;
use platform::auth::permission::ReadLoans;
use platform::http::{ApiError, List, Page, PageParams};
use platform::store::{LoanRecord, Range};
use platform::views::LoanSummary;
use serde::Deserialize;
use ulid::Ulid;
use utoipa::IntoParams;

/// Which loans are to be listed.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
#[garde(allow_unvalidated)]
pub struct ListLoans {
    /// OPEN, APPROVED, ACTIVE, PAID, UNAPPROVED, RENEGOTIATED or LOST.
    #[serde(default)]
    #[param(value_type = Option<String>)]
    pub status: Option<Status>,
    #[serde(default)]
    #[param(value_type = Option<String>)]
    pub stage: Option<Stage>,
    /// Requested on this date or later, by the brand's calendar.
    #[serde(default)]
    #[param(value_type = Option<String>, format = Date)]
    pub from: Option<Date>,
    /// Requested on this date or earlier.
    #[serde(default)]
    #[param(value_type = Option<String>, format = Date)]
    pub to: Option<Date>,
}

/// List loans
///
/// Newest first. A page of a filtered list may be short and still have a next one.
#[utoipa::path(
    get,
    path = "/api/v1/partner/brand/{brandId}/loans",
    tag = "loans",
    params(ListLoans, PageParams),
    responses((status = 200, description = "one page of loans", body = Page<LoanSummary>))
)]
pub(super) async fn list(
    allowed: Allowed<ReadLoans>,
    State(deps): State<Deps>,
    list: List<ListLoans>,
) -> Result<Json<Page<LoanSummary>>, ApiError> {
    let brand = &allowed.brand;
    let range = requested(brand.id, &list.filters, &brand.timezone)?;
    let ListLoans { status, stage, .. } = list.filters;
    let keep = |record: &LoanRecord| {
        status.is_none_or(|status| record.loan.status() == status)
            && stage.is_none_or(|stage| record.loan.stage == stage)
    };
    let slice = deps.table.list(&range, list.limit, list.after.clone(), keep).await?;
    let today = deps.today(brand);
    Ok(Json(list.page(slice, |record| LoanSummary::new(&record, today))?))
}

/// The loans requested in a span of dates: ids begin with the instant of the request.
fn requested(
    brand: domain::ids::BrandId,
    filters: &ListLoans,
    timezone: &TimeZone,
) -> Result<Range, ApiError> {
    let range = Range::list(LoanRecord::list_partition(brand)).descending();
    if filters.from.is_none() && filters.to.is_none() {
        return Ok(range);
    }
    let midnight = |date: Date, field: &str| {
        let instant = date.to_zoned(timezone.clone()).map(|zoned| zoned.timestamp());
        let millis = instant.ok().and_then(|at| u64::try_from(at.as_millisecond()).ok());
        millis.ok_or_else(|| ApiError::invalid_field(field, "must be a date from 1970 on"))
    };
    let first = match filters.from {
        Some(date) => midnight(date, "from")?,
        None => 0,
    };
    let last = match filters.to {
        Some(date) => {
            let next = date.tomorrow();
            let next = next.map_err(|_| ApiError::invalid_field("to", "is too late"))?;
            midnight(next, "to")?.saturating_sub(1)
        }
        None => (1 << Ulid::TIME_BITS) - 1,
    };
    if last < first {
        return Err(ApiError::invalid_field("to", "must not be before from"));
    }
    let bound = |millis, random| LoanId::new(Ulid::from_parts(millis, random)).ulid().to_string();
    Ok(range.between(bound(first, 0), bound(last, u128::MAX >> (128 - Ulid::RAND_BITS))))
}
