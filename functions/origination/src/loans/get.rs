use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use domain::ids::LoanId;
use garde::Validate;
use http::header;
use platform::Deps;
use platform::auth::Allowed;
use platform::auth::permission::ReadLoans;
use platform::http::{ApiError, Path, Query};
use platform::store::Loans;
use platform::views::LoanView;
use serde::Deserialize;
use utoipa::IntoParams;

/// What of a contract is to be shown.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
#[garde(allow_unvalidated)]
pub struct GetLoan {
    /// Adds to each open invoice how its charges came about.
    #[serde(default)]
    pub explain: bool,
}

/// Get a contract
///
/// The loan with its invoices and everything owed as of today.
#[utoipa::path(
    get,
    path = "/api/v1/partner/brand/{brandId}/loans/{loanId}",
    tag = "loans",
    params(GetLoan),
    responses((status = 200, description = "the contract", body = LoanView,
        headers(("ETag" = String, description = "the record's version"))))
)]
pub(super) async fn get(
    allowed: Allowed<ReadLoans>,
    State(deps): State<Deps>,
    Path(id): Path<LoanId>,
    Query(query): Query<GetLoan>,
) -> Result<impl IntoResponse, ApiError> {
    let record = Loans::new(&deps.table).get(allowed.brand.id, id).await?;
    let record = record.ok_or_else(ApiError::not_found)?;
    let view = LoanView::new(&record, deps.today(&allowed.brand), query.explain);
    Ok(([(header::ETAG, format!("\"{}\"", record.version))], Json(view)))
}
