use axum::Json;
use axum::extract::State;
use domain::ledger::Position;
use domain::money::{Amount, Currency};
use jiff::Timestamp;
use platform::Deps;
use platform::auth::Allowed;
use platform::auth::permission::ReadLoans;
use platform::http::ApiError;
use platform::store::{Consistency, Shard};
use serde::Serialize;
use utoipa::ToSchema;

/// What a brand has lent.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DisbursedAmount {
    #[schema(value_type = String, example = "BRL")]
    pub currency: Currency,
    /// New money lent, by all loans ever disbursed.
    #[schema(value_type = String, example = "1000.00")]
    pub disbursed: Amount,
    /// Principal of requests not yet disbursed.
    #[schema(value_type = String)]
    pub requested: Amount,
    /// What of the money lent is not back yet.
    #[schema(value_type = String)]
    pub to_breakeven: Amount,
    pub active_loans: i64,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub metrics_last_updated: Option<Timestamp>,
}

/// Get what was lent
///
/// From the brand's aggregates: one read, whatever the number of loans.
#[utoipa::path(
    get,
    path = "/api/v1/partner/brand/{brandId}/loans/disbursed-amount",
    tag = "loans",
    responses((status = 200, description = "the sums", body = DisbursedAmount))
)]
pub(super) async fn disbursed_amount(
    allowed: Allowed<ReadLoans>,
    State(deps): State<Deps>,
) -> Result<Json<DisbursedAmount>, ApiError> {
    let shards = Shard::all(&deps.table, allowed.brand.id, Consistency::Eventual).await?;
    let mut sums = Position::default();
    for shard in &shards {
        sums += shard.position;
    }
    Ok(Json(DisbursedAmount {
        currency: allowed.brand.currency,
        disbursed: sums.disbursed,
        requested: sums.requested,
        to_breakeven: sums.to_breakeven,
        active_loans: sums.active_loans,
        metrics_last_updated: shards.iter().map(|shard| shard.updated_at).max(),
    }))
}
