use axum::Json;
use axum::extract::State;
use domain::ids::InvoiceId;
use platform::Deps;
use platform::auth::Allowed;
use platform::auth::permission::ReadInvoices;
use platform::http::{ApiError, Path};
use platform::store::Loans;
use platform::views::InvoiceView;

/// One invoice: what is owed on it today, and how its late fee and mora came about.
#[utoipa::path(get, path = "/api/v1/partner/brand/{brandId}/invoices/{invoiceId}", tag = "invoices",
    responses((status = 200, body = InvoiceView)))]
pub async fn get(
    allowed: Allowed<ReadInvoices>,
    State(deps): State<Deps>,
    Path(id): Path<InvoiceId>,
) -> Result<Json<InvoiceView>, ApiError> {
    let brand = &allowed.brand;
    let loans = Loans::new(&deps.table);
    let record = loans.get(brand.id, id.loan).await?.ok_or_else(ApiError::not_found)?;
    let loan = &record.loan;
    let invoice = match loan.invoice(id.number) {
        Some(invoice) => invoice.clone(),
        // A closed invoice that the loan's item holds no more is in the journal.
        None if id.number <= loan.evicted.last_number => {
            let invoices = loans.invoices(&record).await?;
            let invoice = invoices.into_iter().find(|invoice| invoice.number == id.number);
            invoice.ok_or_else(ApiError::not_found)?
        }
        None => return Err(ApiError::not_found()),
    };
    let today = deps.today(brand);
    Ok(Json(InvoiceView::new(loan, &invoice, today).explained(loan, &invoice)))
}
