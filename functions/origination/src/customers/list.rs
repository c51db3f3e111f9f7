use axum::Json;
use axum::extract::State;
use domain::identity::Phone;
use garde::Validate;
use platform::Deps;
use platform::auth::Allowed;
use platform::auth::permission::ReadCustomers;
use platform::http::{ApiError, List, Page, PageParams};
use platform::origination::jurisdiction;
use platform::store::{
    Brand, Customer, CustomerStatus, Customers, Range, Slice, StoreError, Unique,
};
use serde::Deserialize;
use utoipa::IntoParams;

use super::CustomerView;

const SEARCH_LIMIT_CHARS: usize = 64;

/// Which customers are to be listed.
#[derive(Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
#[garde(allow_unvalidated)]
pub struct ListCustomers {
    #[serde(default)]
    pub status: Option<CustomerStatus>,
    /// A part of the name; or a whole phone number, CPF, CNPJ, PAN or reference.
    #[serde(default)]
    #[garde(length(chars, min = 2, max = SEARCH_LIMIT_CHARS))]
    pub q: Option<String>,
}

/// List customers
///
/// Newest first. A page of a filtered list may be short and still have a next one.
#[utoipa::path(
    get,
    path = "/api/v1/partner/brand/{brandId}/customers",
    operation_id = "list_customers",
    tag = "customers",
    params(ListCustomers, PageParams),
    responses((status = 200, description = "one page of customers", body = Page<CustomerView>))
)]
pub(super) async fn list(
    allowed: Allowed<ReadCustomers>,
    State(deps): State<Deps>,
    list: List<ListCustomers>,
) -> Result<Json<Page<CustomerView>>, ApiError> {
    let ListCustomers { status, q } = &list.filters;
    let has_status = |customer: &Customer| status.is_none_or(|status| customer.status == status);
    if let Some(q) = q
        && let Some(customer) = find(&deps, &allowed.brand, q).await?
    {
        let items = Some(customer).into_iter().filter(has_status).collect();
        let page = list.page(Slice { items, next: None }, |customer| CustomerView::from(&customer));
        return page.map(Json);
    }
    let part = q.as_ref().map(|q| q.to_lowercase());
    let keep = |customer: &Customer| {
        let name = || customer.name.expose().to_lowercase();
        has_status(customer) && part.as_ref().is_none_or(|part| name().contains(part))
    };
    let range = Range::list(Customer::list_partition(allowed.brand.id)).descending();
    let slice = deps.table.list(&range, list.limit, list.after.clone(), keep).await?;
    list.page(slice, |customer| CustomerView::from(&customer)).map(Json)
}

/// The customer whose phone, identifier or reference `q` is.
async fn find(deps: &Deps, brand: &Brand, q: &str) -> Result<Option<Customer>, StoreError> {
    let customers = Customers::new(deps);
    let phone = match jurisdiction(brand) {
        Some(country) => Phone::parse_in(q, country).ok(),
        None => q.parse().ok(),
    };
    let (cpf, cnpj, pan) = (q.parse().ok(), q.parse().ok(), q.parse().ok());
    let uniques = [
        phone.as_ref().map(Unique::Phone),
        cpf.as_ref().map(Unique::Cpf),
        cnpj.as_ref().map(Unique::Cnpj),
        pan.as_ref().map(Unique::Pan),
        Some(Unique::Reference(q)),
    ];
    for unique in uniques.into_iter().flatten() {
        if let Some(customer) = customers.find(brand.id, unique).await? {
            return Ok(Some(customer));
        }
    }
    Ok(None)
}
