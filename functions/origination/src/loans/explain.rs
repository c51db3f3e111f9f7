use axum::Json;
use axum::extract::State;
use domain::ids::LoanId;
use domain::ledger::Explained;
use jiff::civil::Date;
use platform::Deps;
use platform::auth::Allowed;
use platform::auth::permission::ReadLoans;
use platform::http::{ApiError, Path};
use platform::store::Loans;
use serde::Serialize;
use utoipa::ToSchema;

/// The figures of a loan's screen and what they are made of.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ExplainedLoan)]
pub struct ExplainedView {
    #[schema(value_type = String)]
    pub loan_id: LoanId,
    #[schema(value_type = String, format = Date)]
    pub as_of: Date,
    /// Each with `figure`, `value`, `rule` and the rule's terms: SUM and SUM_OR_ZERO of `terms`,
    /// LATE_FEE of `base` and `percent`, MORA of `until`, `base`, `monthlyPercent` and `days`.
    #[schema(value_type = Vec<Object>)]
    pub figures: Vec<Explained>,
}

/// Explain a contract's figures
///
/// What is owed, paid and waived today, and how each figure comes about.
#[utoipa::path(
    get,
    path = "/api/v1/partner/brand/{brandId}/loans/{loanId}/explain",
    tag = "loans",
    responses((status = 200, description = "figures with their terms", body = ExplainedView))
)]
pub(super) async fn explain(
    allowed: Allowed<ReadLoans>,
    State(deps): State<Deps>,
    Path(id): Path<LoanId>,
) -> Result<Json<ExplainedView>, ApiError> {
    let record = Loans::new(&deps.table).get(allowed.brand.id, id).await?;
    let record = record.ok_or_else(ApiError::not_found)?;
    let as_of = deps.today(&allowed.brand);
    let figures = record.loan.explain_figures(as_of);
    Ok(Json(ExplainedView { loan_id: id, as_of, figures }))
}
