use axum::Json;
use axum::extract::State;
use domain::ids::{CustomerId, LoanId};
use garde::Validate;
use platform::Deps;
use platform::auth::Allowed;
use platform::auth::permission::ReadCustomers;
use platform::http::{ApiError, Body, Page};
use platform::store::{
    Brand, Consistency, Customer, CustomerStatus, Customers, LoanRecord, SEARCH_LIMIT_HITS,
    SearchError, StoreError,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

const QUERY_LIMIT_CHARS: usize = 64;
const HITS_DEFAULT: usize = 25;

/// What to look for.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GlobalSearch {
    /// Parts of a name, phone, CPF, CNPJ or PAN, at least three letters or four digits; or a whole
    /// e-mail address, or the id of a loan or customer.
    #[garde(length(chars, min = 3, max = QUERY_LIMIT_CHARS))]
    #[schema(example = "souza 4321")]
    pub query: String,
    /// At most this many, up to 50.
    #[serde(default)]
    #[garde(range(min = 1, max = SEARCH_LIMIT_HITS))]
    #[schema(default = 25)]
    pub limit: Option<usize>,
}

/// The text may name a person.
impl std::fmt::Debug for GlobalSearch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("GlobalSearch").field("limit", &self.limit).finish_non_exhaustive()
    }
}

/// A customer that fits, or whose loan was asked for.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SearchHit {
    #[schema(value_type = String, example = "cus_01JZ0000000000000000000000")]
    pub customer_id: CustomerId,
    /// The loan that was asked for by its id.
    #[schema(value_type = Option<String>)]
    pub loan_id: Option<LoanId>,
    /// Null where the customer was erased.
    pub name: Option<String>,
    /// Masked but for the last four characters, as the identifiers are.
    pub phone: Option<String>,
    pub cpf: Option<String>,
    pub cnpj: Option<String>,
    pub pan: Option<String>,
    pub status: CustomerStatus,
    /// How many trigrams of the query the customer's data have: the order of the hits.
    pub shared: usize,
    /// How many the query has.
    pub of: usize,
}

/// It names a person.
impl std::fmt::Debug for SearchHit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SearchHit").field("customer", &self.customer_id).finish_non_exhaustive()
    }
}

impl SearchHit {
    fn new(customer: &Customer, loan_id: Option<LoanId>, shared: usize, of: usize) -> Self {
        let name = || customer.name.expose().to_owned();
        Self {
            customer_id: customer.id,
            loan_id,
            name: (customer.status != CustomerStatus::Erased).then(name),
            phone: customer.phone.as_ref().map(|phone| phone.masked()),
            cpf: customer.cpf.as_ref().map(|cpf| cpf.masked()),
            cnpj: customer.cnpj.as_ref().map(|cnpj| cnpj.masked()),
            pan: customer.pan.as_ref().map(|pan| pan.masked()),
            status: customer.status,
            shared,
            of,
        }
    }
}

/// Search
///
/// The customers that have the most in common with the query, best first, on one page. Case,
/// accents, spacing and punctuation do not matter. The query is in the body, since it names people.
#[utoipa::path(
    post,
    path = "/api/v1/partner/brand/{brandId}/global-search",
    operation_id = "global_search",
    tag = "reports",
    request_body = GlobalSearch,
    responses((status = 200, description = "the best hits", body = Page<SearchHit>))
)]
pub(super) async fn search(
    allowed: Allowed<ReadCustomers>,
    State(deps): State<Deps>,
    Body(request): Body<GlobalSearch>,
) -> Result<Json<Page<SearchHit>>, ApiError> {
    let (brand, query) = (&allowed.brand, request.query.trim());
    let items = match (query.parse::<LoanId>(), query.parse::<CustomerId>()) {
        (Ok(loan), _) => by_loan(&deps, brand, loan).await?,
        (_, Ok(customer)) => by_id(&deps, brand, customer, None).await?,
        _ => {
            let limit = request.limit.unwrap_or(HITS_DEFAULT);
            let found = Customers::new(&deps).search(brand.id, query, limit).await;
            let found = found.map_err(refused)?;
            found
                .iter()
                .map(|hit| SearchHit::new(&hit.customer, None, hit.shared, hit.of))
                .collect()
        }
    };
    Ok(Json(Page { items, next_cursor: None }))
}

async fn by_loan(deps: &Deps, brand: &Brand, loan: LoanId) -> Result<Vec<SearchHit>, StoreError> {
    let key = LoanRecord::key_of(brand.id, loan);
    let record: Option<LoanRecord> = deps.table.get(&key, Consistency::Eventual).await?;
    match record {
        Some(record) => by_id(deps, brand, record.loan.customer, Some(loan)).await,
        None => Ok(Vec::new()),
    }
}

/// An id is one thing that was asked for, and found.
async fn by_id(
    deps: &Deps,
    brand: &Brand,
    customer: CustomerId,
    loan: Option<LoanId>,
) -> Result<Vec<SearchHit>, StoreError> {
    let customer = Customers::new(deps).get(brand.id, customer).await?;
    Ok(customer.iter().map(|customer| SearchHit::new(customer, loan, 1, 1)).collect())
}

fn refused(error: SearchError) -> ApiError {
    match error {
        SearchError::TooShort => ApiError::invalid_field("query", error.to_string()),
        SearchError::Store(error) => error.into(),
    }
}
