use axum::extract::State;
use axum::response::IntoResponse;
use http::header;
use platform::Deps;
use platform::auth::permission::ExportReports;
use platform::auth::{Allowed, Permission};
use platform::csv as table;
use platform::http::{ApiError, ErrorBody, Path, Query, RequestId};
use platform::store::{Author, Brand};

use super::filters::{Asked, ReportFilters, ReportType};
use super::get::{ReportParams, flow, note, too_many};
use super::row::Row;
use super::source::Source;

/// What one answer holds; an answer of a function has 6 MB at most.
const TABLE_LIMIT_LOANS: usize = 2_000;
const TABLE_LIMIT_BYTES: usize = 5 * 1024 * 1024;
const PAGE_LIMIT_ROWS: usize = 500;
pub(super) const CONTENT_TYPE: &str = "text/csv; charset=utf-8";

/// A report as a table
///
/// RFC 4180, the names of the values as headings. What a person wrote never begins a formula: such a
/// cell has an apostrophe before it. UTF-8; with a byte order mark where the brand's language is not
/// English. Audited. 413 where the report is too long for one answer: ask for the download.
#[utoipa::path(
    get,
    path = "/api/v1/partner/brand/{brandId}/report/{reportType}/csv",
    operation_id = "get_report_csv",
    tag = "reports",
    params(ReportParams, ReportFilters),
    responses(
        (status = 200, description = "the table", body = String, content_type = "text/csv"),
        (status = 413, description = "too long for one answer", body = ErrorBody),
    )
)]
pub(super) async fn csv(
    allowed: Allowed<ExportReports>,
    State(deps): State<Deps>,
    Path(report): Path<ReportType>,
    request_id: RequestId,
    Query(filters): Query<ReportFilters>,
) -> Result<impl IntoResponse, ApiError> {
    let brand = &allowed.brand;
    let asked = Asked::new(&deps, brand, report, filters)?;
    if asked.full {
        allowed.require(Permission::ReadFullCustomers)?;
    }
    let text = whole(&deps, brand, &asked).await?;
    let author = Author::of_request(&allowed.actor, &request_id);
    note(&deps, brand.id, author, "reports:csv", &asked).await?;
    let disposition = format!("attachment; filename=\"{}.csv\"", asked.file_stem());
    let headers = [
        (header::CONTENT_TYPE, CONTENT_TYPE.to_owned()),
        (header::CONTENT_DISPOSITION, disposition),
    ];
    Ok((headers, text))
}

/// What stands before the rows.
pub(super) fn beginning(brand: &Brand, report: ReportType) -> String {
    let mut text = table::start(&brand.locale).to_owned();
    table::headings(&mut text, Row::headings(report));
    text
}

async fn whole(deps: &Deps, brand: &Brand, asked: &Asked) -> Result<String, ApiError> {
    let mut text = beginning(brand, asked.report);
    if asked.report == ReportType::CashFlow {
        for row in flow(deps, brand, asked).await? {
            table::line(&mut text, &row.cells());
        }
        return Ok(text);
    }
    let source = Source { deps, brand, asked };
    let mut after = None;
    let pages = TABLE_LIMIT_LOANS.div_ceil(PAGE_LIMIT_ROWS);
    for _ in 0..pages {
        let slice = source.page(PAGE_LIMIT_ROWS, PAGE_LIMIT_ROWS, after.as_ref()).await?;
        for row in &slice.items {
            table::line(&mut text, &row.cells());
        }
        if text.len() > TABLE_LIMIT_BYTES {
            break;
        }
        after = slice.next;
        if after.is_none() {
            return Ok(text);
        }
    }
    Err(too_many(TABLE_LIMIT_LOANS))
}
