use axum::Json;
use axum::extract::State;
use domain::ledger::Position;
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

/// Every figure of a brand's portfolio.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DashboardStats)]
pub struct StatsView {
    #[schema(value_type = String, example = "BRL")]
    pub currency: Currency,
    /// The business date that the figures are as of: the oldest, while a night is under way.
    #[schema(value_type = String, format = Date)]
    pub as_of: Date,
    /// When a figure last changed; null where the brand never had a loan.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub metrics_last_updated: Option<Timestamp>,
    pub loans: LoanCounts,
    pub invoices: InvoiceCounts,
    pub overdue: OverdueStats,
    /// Principal of requests not yet disbursed.
    #[schema(value_type = String)]
    pub requested: Amount,
    /// New money lent.
    #[schema(value_type = String)]
    pub disbursed: Amount,
    /// Interest of all contracts, paid or not.
    #[schema(value_type = String)]
    pub contract_interest: Amount,
    pub outstanding: OutstandingStats,
    pub paid: PaidStats,
    #[schema(value_type = String)]
    pub waived: Amount,
    /// All payments kept, credit included.
    #[schema(value_type = String)]
    pub received: Amount,
    /// Paid beyond the last invoice.
    #[schema(value_type = String)]
    pub credit: Amount,
    /// What is missing until the money lent is back, loan by loan.
    #[schema(value_type = String)]
    pub to_breakeven: Amount,
    /// Owed on loans written off.
    #[schema(value_type = String)]
    pub recoverable: Amount,
    /// What left with renegotiations.
    #[schema(value_type = String)]
    pub renegotiated: Amount,
}

/// Loans by status.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LoanCounts {
    pub open: i64,
    pub approved: i64,
    pub active: i64,
    pub paid: i64,
    pub unapproved: i64,
    pub renegotiated: i64,
    pub lost: i64,
}

/// Invoices of active loans.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct InvoiceCounts {
    pub open: i64,
    pub overdue: i64,
}

/// What is overdue on active loans.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OverdueStats {
    pub loans: i64,
    /// Principal and interest, without charges.
    #[schema(value_type = String)]
    pub value: Amount,
    /// By the days past due of the loan's oldest open invoice.
    pub by_days_past_due: Vec<OverdueBucket>,
}

/// Loans with so many days past due.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OverdueBucket {
    pub from_days: u16,
    /// Null for the last.
    pub to_days: Option<u16>,
    pub loans: i64,
    /// Their overdue principal and interest.
    #[schema(value_type = String)]
    pub value: Amount,
}

/// What is owed on active loans, due or not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OutstandingStats {
    #[schema(value_type = String)]
    pub principal: Amount,
    #[schema(value_type = String)]
    pub interest: Amount,
    #[schema(value_type = String)]
    pub late_fees: Amount,
    #[schema(value_type = String)]
    pub mora: Amount,
    #[schema(value_type = String)]
    pub total: Amount,
}

/// What payments were allocated to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PaidStats {
    #[schema(value_type = String)]
    pub principal: Amount,
    #[schema(value_type = String)]
    pub interest: Amount,
    #[schema(value_type = String)]
    pub late_fees: Amount,
    #[schema(value_type = String)]
    pub mora: Amount,
}

impl OverdueStats {
    pub(super) fn of(figures: &Position) -> Self {
        let bucket =
            |from_days, to_days, loans, value| OverdueBucket { from_days, to_days, loans, value };
        Self {
            loans: figures.overdue_loans,
            value: figures.overdue_value,
            by_days_past_due: vec![
                bucket(1, Some(30), figures.loans_1_to_30, figures.overdue_1_to_30),
                bucket(31, Some(60), figures.loans_31_to_60, figures.overdue_31_to_60),
                bucket(61, Some(90), figures.loans_61_to_90, figures.overdue_61_to_90),
                bucket(91, None, figures.loans_over_90, figures.overdue_over_90),
            ],
        }
    }
}

impl StatsView {
    fn new(portfolio: &Portfolio, currency: Currency) -> Self {
        let figures = &portfolio.position;
        Self {
            currency,
            as_of: portfolio.as_of,
            metrics_last_updated: portfolio.updated_at,
            loans: LoanCounts {
                open: figures.open_loans,
                approved: figures.approved_loans,
                active: figures.active_loans,
                paid: figures.paid_loans,
                unapproved: figures.unapproved_loans,
                renegotiated: figures.renegotiated_loans,
                lost: figures.lost_loans,
            },
            invoices: InvoiceCounts {
                open: figures.open_invoices,
                overdue: figures.overdue_invoices,
            },
            overdue: OverdueStats::of(figures),
            requested: figures.requested,
            disbursed: figures.disbursed,
            contract_interest: figures.contract_interest,
            outstanding: OutstandingStats {
                principal: figures.outstanding_principal,
                interest: figures.outstanding_interest,
                late_fees: figures.late_fees_owed,
                mora: figures.mora_owed,
                total: figures.outstanding_principal
                    + figures.outstanding_interest
                    + figures.late_fees_owed
                    + figures.mora_owed,
            },
            paid: PaidStats {
                principal: figures.paid_principal,
                interest: figures.paid_interest,
                late_fees: figures.paid_late_fee,
                mora: figures.paid_mora,
            },
            waived: figures.waived,
            received: figures.received,
            credit: figures.credit,
            to_breakeven: figures.to_breakeven,
            recoverable: figures.recoverable,
            renegotiated: figures.renegotiated,
        }
    }
}

/// Every figure of the brand's portfolio.
#[utoipa::path(get, path = "/api/v1/partner/brand/{brandId}/dashboard/stats", tag = "dashboard",
    responses((status = 200, body = StatsView)))]
pub async fn stats(
    allowed: Allowed<ReadDashboard>,
    State(deps): State<Deps>,
) -> Result<Json<StatsView>, ApiError> {
    let portfolio = Portfolio::load(&deps, &allowed.brand).await?;
    Ok(Json(StatsView::new(&portfolio, allowed.brand.currency)))
}
