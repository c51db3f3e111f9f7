use axum::Json;
use axum::extract::State;
use domain::calendar::Month;
use domain::ledger::Flows;
use domain::money::{Amount, Currency};
use jiff::Timestamp;
use jiff::civil::Date;
use platform::Deps;
use platform::auth::Allowed;
use platform::auth::permission::ReadDashboard;
use platform::http::{ApiError, Query};
use rust_decimal::{Decimal, RoundingStrategy};
use serde::Serialize;
use utoipa::ToSchema;

use super::months::{MonthFilters, Months};
use super::portfolio::Portfolio;

/// What was lent, month by month, and what waits to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DisbursementAnalysis)]
pub struct DisbursementAnalysisView {
    #[schema(value_type = String, example = "BRL")]
    pub currency: Currency,
    /// The business date that `pipeline` is as of.
    #[schema(value_type = String, format = Date)]
    pub as_of: Date,
    /// When a figure last changed; null where none ever did.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub metrics_last_updated: Option<Timestamp>,
    pub months: Vec<DisbursementMonth>,
    /// The sums of the months; `month` is null.
    pub total: DisbursementMonth,
    pub pipeline: Pipeline,
}

/// What was lent, by the date of disbursement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DisbursementMonth {
    #[schema(value_type = Option<String>, example = "2026-03")]
    pub month: Option<Month>,
    /// Contracts of new money.
    pub loans: i64,
    #[schema(value_type = String)]
    pub disbursed: Amount,
    /// Kept back from it.
    #[schema(value_type = String)]
    pub fees_withheld: Amount,
    /// What was paid out.
    #[schema(value_type = String)]
    pub net: Amount,
    /// `disbursed` by `loans`, to the minor unit; null without one.
    #[schema(value_type = Option<String>)]
    pub average: Option<Amount>,
    /// Interest of all contracts of the month, those of renegotiations included.
    #[schema(value_type = String)]
    pub contract_interest: Amount,
    /// Contracts that replaced others; no new money is lent on them.
    pub renegotiations: i64,
}

/// Requests that were not disbursed yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Pipeline {
    pub open: i64,
    pub approved: i64,
    /// Their principal.
    #[schema(value_type = String)]
    pub requested: Amount,
}

impl DisbursementMonth {
    fn new(month: Option<Month>, flows: &Flows, currency: Currency) -> Self {
        let mode = RoundingStrategy::MidpointAwayFromZero;
        let average =
            flows.disbursed.value().checked_div(Decimal::from(flows.disbursed_loans)).map(
                |average| Amount::new(average.round_dp_with_strategy(currency.exponent(), mode)),
            );
        Self {
            month,
            loans: flows.disbursed_loans,
            disbursed: flows.disbursed,
            fees_withheld: flows.fees_withheld,
            net: flows.disbursed - flows.fees_withheld,
            average,
            contract_interest: flows.contract_interest,
            renegotiations: flows.replacing_loans,
        }
    }
}

/// What was lent, month by month
///
/// Two queries, whatever the number of loans.
#[utoipa::path(get, path = "/api/v1/partner/brand/{brandId}/dashboard/disbursement-analysis",
    tag = "dashboard", params(MonthFilters),
    responses((status = 200, body = DisbursementAnalysisView)))]
pub async fn disbursement_analysis(
    allowed: Allowed<ReadDashboard>,
    State(deps): State<Deps>,
    Query(asked): Query<MonthFilters>,
) -> Result<Json<DisbursementAnalysisView>, ApiError> {
    let brand = &allowed.brand;
    let months = Months::of(&deps, brand, asked)?;
    let portfolio = Portfolio::load(&deps, brand).await?;
    let (flows, updated_at) = months.flows(&deps, brand).await?;
    let mut all = Flows::default();
    let rows = months.each().map(|month| {
        let flows = flows.get(&month).copied().unwrap_or_default();
        all += flows;
        DisbursementMonth::new(Some(month), &flows, brand.currency)
    });
    let rows = rows.collect();
    Ok(Json(DisbursementAnalysisView {
        currency: brand.currency,
        as_of: portfolio.as_of,
        metrics_last_updated: portfolio.updated_at.max(updated_at),
        months: rows,
        total: DisbursementMonth::new(None, &all, brand.currency),
        pipeline: Pipeline {
            open: portfolio.position.open_loans,
            approved: portfolio.position.approved_loans,
            requested: portfolio.position.requested,
        },
    }))
}
