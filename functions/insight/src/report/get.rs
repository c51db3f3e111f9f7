use axum::Json;
use axum::extract::State;
use domain::ids::BrandId;
use domain::money::Currency;
use jiff::civil::Date;
use platform::Deps;
use platform::auth::permission::ReadReports;
use platform::auth::{Allowed, Permission};
use platform::http::{ApiError, List, PageParams, Path, RequestId};
use platform::origination::text_of;
use platform::store::{Author, Brand, Event, Slice, StoreError};
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use super::cash_flow::{self, Days};
use super::filters::{Asked, Interval, ReportFilters, ReportType};
use super::row::Row;
use super::source::Source;

/// Loans that one page looks at.
const PAGE_LIMIT_LOANS: usize = 500;
/// Loans that a report by day adds up in one answer; more are a file.
const DAYS_LIMIT_LOANS: usize = 2_000;

/// The type of a report.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct ReportParams {
    /// master-report, aging, collections, disbursements or cash-flow.
    #[param(rename = "reportType", example = "aging")]
    pub report_type: String,
}

/// A page of a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReportPage {
    pub report: ReportType,
    #[schema(value_type = String, example = "BRL")]
    pub currency: Currency,
    /// The first day; of a report as of a date, that date.
    #[schema(value_type = String, format = Date)]
    pub from_date: Date,
    #[schema(value_type = String, format = Date)]
    pub to_date: Date,
    /// The names of a row's values, in the order in which the table has them.
    pub columns: Vec<String>,
    pub items: Vec<Row>,
    /// Give it as `cursor` to get the next page; null on the last.
    pub next_cursor: Option<String>,
}

/// A page of a report
///
/// Contracts come in the order of their creation. A page may hold fewer rows than `limit`, or none,
/// and still have a next one. The cash flow is one page: of months from the sums that are kept, of
/// days where the brand has not too many contracts.
#[utoipa::path(
    get,
    path = "/api/v1/partner/brand/{brandId}/report/{reportType}",
    operation_id = "get_report",
    tag = "reports",
    params(ReportParams, ReportFilters, PageParams),
    responses((status = 200, description = "a page of rows", body = ReportPage))
)]
pub(super) async fn get(
    allowed: Allowed<ReadReports>,
    State(deps): State<Deps>,
    Path(report): Path<ReportType>,
    request_id: RequestId,
    list: List<ReportFilters>,
) -> Result<Json<ReportPage>, ApiError> {
    let brand = &allowed.brand;
    let asked = Asked::new(&deps, brand, report, list.filters)?;
    if asked.full {
        allowed.require(Permission::ReadFullCustomers)?;
        let author = Author::of_request(&allowed.actor, &request_id);
        note(&deps, brand.id, author, "reports:read-full", &asked).await?;
    }
    let slice = match report {
        ReportType::CashFlow => Slice { items: flow(&deps, brand, &asked).await?, next: None },
        ReportType::MasterReport
        | ReportType::Aging
        | ReportType::Collections
        | ReportType::Disbursements => {
            let source = Source { deps: &deps, brand, asked: &asked };
            source.page(list.limit, PAGE_LIMIT_LOANS, list.after.as_ref()).await?
        }
    };
    let page = list.page(slice, |row| row)?;
    Ok(Json(ReportPage {
        report,
        currency: brand.currency,
        from_date: asked.from,
        to_date: asked.to,
        columns: Row::headings(report).iter().map(|name| (*name).to_owned()).collect(),
        items: page.items,
        next_cursor: page.next_cursor,
    }))
}

/// The lines of the cash flow.
pub(super) async fn flow(deps: &Deps, brand: &Brand, asked: &Asked) -> Result<Vec<Row>, ApiError> {
    if asked.by == Interval::Month {
        return Ok(cash_flow::months(deps, brand, asked).await?);
    }
    let mut days = Days::new(asked);
    let source = Source { deps, brand, asked };
    match source.add_days(&mut days, DAYS_LIMIT_LOANS, None).await? {
        None => Ok(days.rows()),
        Some(_) => Err(too_many(DAYS_LIMIT_LOANS)),
    }
}

/// 413 that says what to do instead.
pub(super) fn too_many(loans: usize) -> ApiError {
    ApiError::too_large(format!("more than {loans} contracts: ask for the download"))
}

/// Nothing leaves that the audit does not know of.
pub(super) async fn note(
    deps: &Deps,
    brand: BrandId,
    author: Author,
    action: &str,
    asked: &Asked,
) -> Result<(), StoreError> {
    let effect = author
        .effect(action, brand)
        .after("report", text_of(&asked.report))
        .after("from", asked.from)
        .after("to", asked.to)
        .after("full", asked.full);
    deps.table.create(&Event::new(deps, Some(brand), effect)).await
}
