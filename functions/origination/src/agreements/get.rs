use axum::Json;
use axum::extract::State;
use domain::ids::LoanId;
use platform::Deps;
use platform::auth::Allowed;
use platform::auth::permission::ReadLoans;
use platform::http::{ApiError, Path};
use platform::store::{Agreement, Loans};

use super::material::terms_of;
use super::view::AgreementView;

/// Get the agreement of a loan
///
/// The last that was made, with a link to its file that is good for five minutes.
#[utoipa::path(
    get,
    path = "/api/v1/partner/brand/{brandId}/loans/{loanId}/agreement",
    tag = "agreements",
    responses((status = 200, description = "the agreement", body = AgreementView))
)]
pub(super) async fn get(
    allowed: Allowed<ReadLoans>,
    State(deps): State<Deps>,
    Path(id): Path<LoanId>,
) -> Result<Json<AgreementView>, ApiError> {
    let brand = allowed.brand.id;
    let record = Loans::new(&deps.table).get(brand, id).await?;
    let record = record.ok_or_else(ApiError::not_found)?;
    let agreement = Agreement::last(&deps.table, brand, id).await?;
    let agreement = agreement.ok_or_else(ApiError::not_found)?;
    let terms = terms_of(&deps, &record).await?;
    let version = terms.map_or(0, |terms| terms.version);
    Ok(Json(AgreementView::with_link(&deps, &agreement, version).await?))
}
