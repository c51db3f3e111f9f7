//! Reports: the rows behind the figures, as a page, as a table in one answer, as a file.
//!
//! What a loan contributes to a report is a function of its record and its journal, so a report of
//! any date adds up to the dashboards' figures.

mod cash_flow;
mod csv;
mod download;
mod export;
mod filters;
mod get;
mod login_logs;
mod row;
mod rows;
mod source;

use platform::http::Routes;

pub use download::{ExportState, ExportView};
pub use export::{Bounds, Step, step};
pub use filters::{Asked, Interval, ReportFilters, ReportType};
pub use get::{ReportPage, ReportParams};
pub use login_logs::{LoginLog, LoginLogFilters};
pub use row::Row;
pub use rows::{AgingRow, CashFlowRow, CollectionRow, DisbursementRow, MasterRow};

/// `/api/v1/partner/brand/{brandId}/report/…` and `/reports/login-logs`
pub fn router() -> Routes {
    platform::routes![get::get, csv::csv, download::download, login_logs::login_logs]
}
