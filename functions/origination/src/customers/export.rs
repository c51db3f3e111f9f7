use axum::Json;
use axum::extract::State;
use domain::ids::{CustomerId, LoanId, PaymentId};
use domain::money::Amount;
use jiff::Timestamp;
use jiff::civil::Date;
use platform::Deps;
use platform::auth::Allowed;
use platform::auth::permission::ErasePersonalData;
use platform::documents::link;
use platform::http::{ApiError, Path, RequestId};
use platform::store::{
    Author, Brand, Consistency, Customers, Document, Event, LoanRecord, Payment, Range, StoreError,
};
use platform::views::LoanView;
use serde::Serialize;
use utoipa::ToSchema;

use super::CustomerView;
use super::documents::DocumentView;
use super::timeline::{Source, TimelineLine};

/// The most lines of one kind and record in an export, and payments of one loan.
const EXPORT_LIMIT_LINES: usize = 5_000;
/// The largest answer; Lambda's own bound is 6 MB.
const EXPORT_LIMIT_BYTES: usize = 5 * 1024 * 1024;

/// Everything that is kept about a person.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CustomerExport {
    #[schema(value_type = String, format = DateTime)]
    pub exported_at: Timestamp,
    /// Phone, e-mail and identifiers whole.
    pub customer: CustomerView,
    pub loans: Vec<LoanView>,
    pub payments: Vec<ExportedPayment>,
    /// With links to the contents, good for five minutes.
    pub documents: Vec<DocumentView>,
    /// Who did what, what was written and sent, newest first.
    pub timeline: Vec<TimelineLine>,
}

/// It names the customer.
impl std::fmt::Debug for CustomerExport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CustomerExport").field("customer", &self.customer).finish_non_exhaustive()
    }
}

/// A payment on one of the person's loans.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExportedPayment {
    #[schema(value_type = String)]
    pub id: PaymentId,
    #[schema(value_type = String)]
    pub loan_id: LoanId,
    #[schema(value_type = String, example = "511.67")]
    pub amount: Amount,
    #[schema(value_type = String, format = Date)]
    pub value_date: Date,
    pub method: platform::store::PaymentMethod,
    pub status: platform::store::PaymentStatus,
    pub reference: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    pub recorded_at: Timestamp,
}

/// Export a customer
///
/// What privacy law gives a person on request: everything that is kept about them. Audited.
#[utoipa::path(
    get,
    path = "/api/v1/partner/brand/{brandId}/customers/{userId}/export",
    operation_id = "export_customer",
    tag = "customers",
    responses((status = 200, description = "everything about the person", body = CustomerExport))
)]
pub(super) async fn export(
    allowed: Allowed<ErasePersonalData>,
    State(deps): State<Deps>,
    Path(id): Path<CustomerId>,
    request_id: RequestId,
) -> Result<Json<CustomerExport>, ApiError> {
    let (brand, customers) = (&allowed.brand, Customers::new(&deps));
    let customer = customers.get(brand.id, id).await?.ok_or_else(ApiError::not_found)?;
    let effect = Author::of_request(&allowed.actor, &request_id).effect("customers:export", id);
    // Nothing is shown that the audit does not know of.
    deps.table.create(&Event::new(&deps, Some(brand.id), effect)).await?;
    let loans = customers.loans(brand.id, id).await?;
    let source = Source { deps: &deps, brand, before: None, limit: EXPORT_LIMIT_LINES };
    let mut timeline = source.all(id, loans.clone()).await?;
    for line in &mut timeline {
        line.text = line.text.take().map(|text| text.replace("{name}", customer.name.first()));
    }
    let export = CustomerExport {
        exported_at: deps.now(),
        customer: CustomerView::whole(&customer),
        loans: contracts(&deps, brand, &loans).await?,
        payments: payments(&deps, brand, &loans).await?,
        documents: documents(&deps, brand, id).await?,
        timeline,
    };
    bounded(export).map(Json)
}

/// 413 rather than an answer that Lambda cuts off.
fn bounded(export: CustomerExport) -> Result<CustomerExport, ApiError> {
    let size = serde_json::to_vec(&export).map_err(|error| ApiError::internal_from(&error))?.len();
    if size > EXPORT_LIMIT_BYTES {
        return Err(ApiError::too_large("there is too much for one answer; ask the operator"));
    }
    Ok(export)
}

async fn contracts(
    deps: &Deps,
    brand: &Brand,
    loans: &[LoanId],
) -> Result<Vec<LoanView>, StoreError> {
    let keys: Vec<_> = loans.iter().map(|loan| LoanRecord::key_of(brand.id, *loan)).collect();
    let mut records: Vec<LoanRecord> = deps.table.batch_get(&keys, Consistency::Strong).await?;
    records.sort_by_key(|record| record.loan.id);
    let today = deps.today(brand);
    Ok(records.iter().map(|record| LoanView::new(record, today, false)).collect())
}

async fn payments(
    deps: &Deps,
    brand: &Brand,
    loans: &[LoanId],
) -> Result<Vec<ExportedPayment>, StoreError> {
    let mut payments = Vec::new();
    for loan in loans {
        let range =
            Range::partition(LoanRecord::partition(brand.id, *loan)).prefix(Payment::SORT_PREFIX);
        let of_loan: Vec<Payment> = deps.table.query_all(&range, EXPORT_LIMIT_LINES).await?;
        payments.extend(of_loan.into_iter().map(|payment| ExportedPayment {
            id: payment.id,
            loan_id: payment.loan,
            amount: payment.amount,
            value_date: payment.value_date,
            method: payment.method,
            status: payment.status,
            reference: payment.reference.map(String::from),
            recorded_at: payment.recorded_at,
        }));
    }
    Ok(payments)
}

async fn documents(
    deps: &Deps,
    brand: &Brand,
    id: CustomerId,
) -> Result<Vec<DocumentView>, ApiError> {
    let mut views = Vec::new();
    for document in Document::all(&deps.table, brand.id, id).await? {
        let url = link(deps, &document).await?;
        views.push(DocumentView { url, ..DocumentView::from(&document) });
    }
    Ok(views)
}
