use axum::Json;
use axum::extract::State;
use domain::ids::LoanId;
use platform::Deps;
use platform::auth::Allowed;
use platform::auth::permission::ReadInvoices;
use platform::http::{ApiError, Page, Path};
use platform::store::Loans;
use platform::views::InvoiceView;

/// List a contract's invoices
///
/// All of them, those that were closed long ago included, as of today.
#[utoipa::path(
    get,
    path = "/api/v1/partner/brand/{brandId}/loans/{loanId}/invoices",
    tag = "loans",
    responses((status = 200, description = "the invoices by number", body = Page<InvoiceView>))
)]
pub(super) async fn invoices(
    allowed: Allowed<ReadInvoices>,
    State(deps): State<Deps>,
    Path(id): Path<LoanId>,
) -> Result<Json<Page<InvoiceView>>, ApiError> {
    let loans = Loans::new(&deps.table);
    let record = loans.get(allowed.brand.id, id).await?.ok_or_else(ApiError::not_found)?;
    let today = deps.today(&allowed.brand);
    let invoices = loans.invoices(&record).await?;
    let view = |invoice| InvoiceView::new(&record.loan, invoice, today);
    Ok(Json(Page { items: invoices.iter().map(view).collect(), next_cursor: None }))
}
