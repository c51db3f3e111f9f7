use axum::Json;
use axum::extract::State;
use domain::ids::CustomerId;
use platform::Deps;
use platform::auth::Allowed;
use platform::auth::permission::ReadLoans;
use platform::http::{ApiError, Page, Path};
use platform::store::{Consistency, Customers, LoanRecord};
use platform::views::LoanSummary;

/// List a customer's loans
///
/// All of them, newest first, with what is owed as of today.
#[utoipa::path(
    get,
    path = "/api/v1/partner/brand/{brandId}/customers/{userId}/loans",
    operation_id = "list_customer_loans",
    tag = "customers",
    responses((status = 200, description = "the loans", body = Page<LoanSummary>))
)]
pub(super) async fn loans(
    allowed: Allowed<ReadLoans>,
    State(deps): State<Deps>,
    Path(id): Path<CustomerId>,
) -> Result<Json<Page<LoanSummary>>, ApiError> {
    let (brand, customers) = (&allowed.brand, Customers::new(&deps));
    customers.stored(brand.id, id).await?.ok_or_else(ApiError::not_found)?;
    let loans = customers.loans(brand.id, id).await?;
    let keys: Vec<_> = loans.iter().map(|loan| LoanRecord::key_of(brand.id, *loan)).collect();
    let mut records: Vec<LoanRecord> = deps.table.batch_get(&keys, Consistency::Eventual).await?;
    records.sort_by_key(|record| std::cmp::Reverse(record.loan.id));
    let today = deps.today(brand);
    let items = records.iter().map(|record| LoanSummary::new(record, today)).collect();
    Ok(Json(Page { items, next_cursor: None }))
}
