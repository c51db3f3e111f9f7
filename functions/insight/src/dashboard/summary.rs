use axum::Json;
use axum::extract::State;
use domain::money::{Amount, Currency};
use jiff::Timestamp;
use jiff::civil::Date;
use platform::Deps;
use platform::auth::Allowed;
use platform::auth::permission::ReadDashboard;
use platform::http::ApiError;
use serde::Serialize;
use utoipa::ToSchema;

use super::portfolio::Portfolio;

/// The figures that a lender looks at first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DashboardSummary)]
pub struct SummaryView {
    #[schema(value_type = String, example = "BRL")]
    pub currency: Currency,
    /// The business date that the figures are as of: the oldest, while a night is under way.
    #[schema(value_type = String, format = Date)]
    pub as_of: Date,
    /// When a figure last changed; null where the brand never had a loan.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub metrics_last_updated: Option<Timestamp>,
    pub active_loans: i64,
    pub overdue_loans: i64,
    /// New money lent.
    #[schema(value_type = String)]
    pub disbursed: Amount,
    /// All payments kept.
    #[schema(value_type = String)]
    pub received: Amount,
    /// Unpaid principal and interest of active loans, due or not.
    #[schema(value_type = String)]
    pub outstanding: Amount,
    /// The part of it that is overdue.
    #[schema(value_type = String)]
    pub overdue: Amount,
    /// Late fees and mora owed.
    #[schema(value_type = String)]
    pub charges_owed: Amount,
    /// What is missing until the money lent is back, loan by loan.
    #[schema(value_type = String)]
    pub to_breakeven: Amount,
}

/// The brand's portfolio in a few figures.
#[utoipa::path(get, path = "/api/v1/partner/brand/{brandId}/dashboard/summary", tag = "dashboard",
    responses((status = 200, body = SummaryView)))]
pub async fn summary(
    allowed: Allowed<ReadDashboard>,
    State(deps): State<Deps>,
) -> Result<Json<SummaryView>, ApiError> {
    let portfolio = Portfolio::load(&deps, &allowed.brand).await?;
    let figures = &portfolio.position;
    Ok(Json(SummaryView {
        currency: allowed.brand.currency,
        as_of: portfolio.as_of,
        metrics_last_updated: portfolio.updated_at,
        active_loans: figures.active_loans,
        overdue_loans: figures.overdue_loans,
        disbursed: figures.disbursed,
        received: figures.received,
        outstanding: figures.outstanding_principal + figures.outstanding_interest,
        overdue: figures.overdue_value,
        charges_owed: figures.late_fees_owed + figures.mora_owed,
        to_breakeven: figures.to_breakeven,
    }))
}
