use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain::ids::LoanId;
use http::header;
use platform::Deps;
use platform::auth::Allowed;
use platform::auth::permission::ReadLoans;
use platform::http::{ApiError, Path};
use platform::store::Loans;

use super::material::{Material, installments, terms_of};
use super::render::{CONTENT_TYPE, off_thread};

/// Get the repayment schedule as a document
///
/// A PDF in the brand's colours and language: the installments as they were agreed.
#[utoipa::path(
    get,
    path = "/api/v1/partner/brand/{brandId}/loans/{loanId}/schedule.pdf",
    tag = "agreements",
    responses(
        (status = 200, description = "the schedule", content_type = "application/pdf"),
        (status = 409, description = "the cost is not what was disclosed", body = platform::http::ErrorBody),
    )
)]
pub(super) async fn schedule(
    allowed: Allowed<ReadLoans>,
    State(deps): State<Deps>,
    Path(id): Path<LoanId>,
) -> Result<Response, ApiError> {
    let brand = &allowed.brand;
    let record = Loans::new(&deps.table).get(brand.id, id).await?;
    let record = record.ok_or_else(ApiError::not_found)?;
    let terms = terms_of(&deps, &record).await?;
    let rows = installments(&deps, brand, &record, terms.as_ref()).await?;
    let material = Material::load(&deps, brand, record).await?;
    let document = material.schedule(rows, deps.today(brand));
    let (style, now) = (material.style, deps.now());
    let pdf = off_thread(move || document.render(style, now)).await?;
    let name = format!("inline; filename=\"{id}.pdf\"");
    let headers = [(header::CONTENT_TYPE, CONTENT_TYPE), (header::CONTENT_DISPOSITION, &name)];
    Ok((headers, pdf.bytes).into_response())
}
