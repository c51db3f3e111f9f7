use axum::Json;
use axum::extract::State;
use domain::calendar::Month;
use domain::ledger::Flows;
use domain::money::{Amount, Currency, Percent};
use jiff::Timestamp;
use jiff::civil::Date;
use platform::Deps;
use platform::auth::Allowed;
use platform::auth::permission::ReadDashboard;
use platform::http::{ApiError, Query};
use platform::store::Aggregate;
use rust_decimal::{Decimal, RoundingStrategy};
use serde::Serialize;
use utoipa::ToSchema;

use super::months::{MonthFilters, Months};
use super::portfolio::Portfolio;
use super::stats::{OverdueStats, PaidStats};

const PERCENT_DECIMALS: u32 = 2;

/// What was due and what came in, month by month, and what is overdue now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CollectionAnalysis)]
pub struct CollectionAnalysisView {
    #[schema(value_type = String, example = "BRL")]
    pub currency: Currency,
    /// The business date that `overdue` is as of.
    #[schema(value_type = String, format = Date)]
    pub as_of: Date,
    /// When a figure last changed; null where none ever did.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub metrics_last_updated: Option<Timestamp>,
    pub months: Vec<CollectionMonth>,
    /// The sums of the months; `month` is null.
    pub total: CollectionMonth,
    pub overdue: OverdueStats,
}

/// What was due and what came in, by value date.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CollectionMonth {
    #[schema(value_type = Option<String>, example = "2026-03")]
    pub month: Option<Month>,
    /// Principal and interest of the invoices that were, or are, due in the month. Invoices that a
    /// renegotiation replaced count with what was paid or given up of them.
    #[schema(value_type = String)]
    pub due: Amount,
    /// Payments, without those taken back.
    pub payments: i64,
    /// All that was paid, less what was paid back.
    #[schema(value_type = String)]
    pub received: Amount,
    pub paid: PaidStats,
    /// What went to customers' credit.
    #[schema(value_type = String)]
    pub credited: Amount,
    /// Principal and interest paid, in percent of what was due; null where nothing was.
    #[schema(value_type = Option<String>, example = "97.50")]
    pub collected_percent: Option<Percent>,
    /// Given up, what settlements cost included.
    #[schema(value_type = String)]
    pub waived: Amount,
    #[schema(value_type = String)]
    pub settlement_loss: Amount,
    #[schema(value_type = String)]
    pub written_off: Amount,
    /// Paid on loans written off; part of `received`.
    #[schema(value_type = String)]
    pub recovered: Amount,
}

impl CollectionMonth {
    fn new(month: Option<Month>, flows: &Flows, due: Amount) -> Self {
        Self {
            month,
            due,
            payments: flows.payments,
            received: flows.received,
            paid: PaidStats {
                principal: flows.paid_principal,
                interest: flows.paid_interest,
                late_fees: flows.paid_late_fee,
                mora: flows.paid_mora,
            },
            credited: flows.credit,
            collected_percent: percent(flows.paid_principal + flows.paid_interest, due),
            waived: flows.waived,
            settlement_loss: flows.settlement_loss,
            written_off: flows.written_off,
            recovered: flows.recovered,
        }
    }
}

/// Two decimals, half up.
fn percent(part: Amount, of: Amount) -> Option<Percent> {
    let share = (part.value() * Decimal::ONE_HUNDRED).checked_div(of.value())?;
    let mode = RoundingStrategy::MidpointAwayFromZero;
    Some(Percent::new(share.round_dp_with_strategy(PERCENT_DECIMALS, mode)))
}

/// What was due and what was collected, month by month
///
/// Three queries, whatever the number of loans.
#[utoipa::path(get, path = "/api/v1/partner/brand/{brandId}/dashboard/collection-analysis",
    tag = "dashboard", params(MonthFilters),
    responses((status = 200, body = CollectionAnalysisView)))]
pub async fn collection_analysis(
    allowed: Allowed<ReadDashboard>,
    State(deps): State<Deps>,
    Query(asked): Query<MonthFilters>,
) -> Result<Json<CollectionAnalysisView>, ApiError> {
    let brand = &allowed.brand;
    let months = Months::of(&deps, brand, asked)?;
    let portfolio = Portfolio::load(&deps, brand).await?;
    let (flows, updated_at) = months.flows(&deps, brand).await?;
    let due = Aggregate::due(&deps.table, brand.id, months.from, months.to).await?;
    let (mut all, mut all_due) = (Flows::default(), Amount::ZERO);
    let rows = months.each().map(|month| {
        let flows = flows.get(&month).copied().unwrap_or_default();
        let due = due.get(&month).copied().unwrap_or_default();
        all += flows;
        all_due += due;
        CollectionMonth::new(Some(month), &flows, due)
    });
    let rows = rows.collect();
    Ok(Json(CollectionAnalysisView {
        currency: brand.currency,
        as_of: portfolio.as_of,
        metrics_last_updated: portfolio.updated_at.max(updated_at),
        months: rows,
        total: CollectionMonth::new(None, &all, all_due),
        overdue: OverdueStats::of(&portfolio.position),
    }))
}
