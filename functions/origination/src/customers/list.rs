use std::collections::BTreeSet;

use axum::Json;
use axum::extract::State;
use domain::identity::Phone;
use domain::ids::StaffId;
use garde::Validate;
use platform::Deps;
use platform::auth::permission::ReadCustomers;
use platform::auth::{Allowed, Department};
use platform::http::{ApiError, List, Page, PageParams};
use platform::origination::jurisdiction;
use platform::store::{
    Brand, Customer, CustomerStatus, Customers, Found, Range, SEARCH_LIMIT_HITS, SearchError,
    Slice, StoreError, StoredCustomer, Unique,
};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{CustomerView, staff};

const SEARCH_LIMIT_CHARS: usize = 64;

/// Which customers are to be listed.
#[derive(Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
#[garde(allow_unvalidated)]
pub struct ListCustomers {
    #[serde(default)]
    pub status: Option<CustomerStatus>,
    /// Whom a member of staff looks after.
    #[serde(default)]
    #[param(value_type = Option<String>)]
    pub owner: Option<StaffId>,
    /// Whom the staff of a department look after.
    #[serde(default)]
    pub department: Option<Department>,
    /// Parts of the name, phone, CPF, CNPJ or PAN; or a whole e-mail address or reference. Answers
    /// the best 50, best first, on one page.
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
    let (brand, filters) = (&allowed.brand, &list.filters);
    let customers = Customers::new(&deps);
    let owners = owners(&deps, brand, filters).await?;
    let keep = |status: CustomerStatus, owner: Option<StaffId>| {
        filters.status.is_none_or(|wanted| wanted == status)
            && owners.as_ref().is_none_or(|owners| owner.is_some_and(|o| owners.contains(&o)))
    };
    let slice = match &filters.q {
        Some(q) => {
            let mut items = find(&deps, brand, q).await?;
            items.retain(|customer| keep(customer.status, customer.owner));
            items.truncate(list.limit);
            Slice { items, next: None }
        }
        None => {
            let range = Range::list(Customer::list_partition(brand.id)).descending();
            let kept = |stored: &StoredCustomer| keep(stored.status, stored.owner);
            let slice = deps.table.list(&range, list.limit, list.after.clone(), kept).await?;
            Slice { items: customers.open_all(slice.items).await?, next: slice.next }
        }
    };
    list.page(slice, |customer| CustomerView::from(&customer)).map(Json)
}

/// Whose customers are to be listed; `None`: everybody's.
async fn owners(
    deps: &Deps,
    brand: &Brand,
    filters: &ListCustomers,
) -> Result<Option<BTreeSet<StaffId>>, StoreError> {
    let mut owners = filters.owner.map(|owner| BTreeSet::from([owner]));
    if let Some(department) = filters.department {
        let people = staff::of(deps, brand).await?;
        let of_department = people.iter().filter(|one| one.department == department);
        let of_department: BTreeSet<StaffId> = of_department.map(|one| one.id).collect();
        let both = |owners: BTreeSet<StaffId>| &owners & &of_department;
        owners = Some(owners.map_or_else(|| of_department.clone(), both));
    }
    Ok(owners)
}

/// The customer with this phone, identifier or reference; else those with parts of it.
async fn find(deps: &Deps, brand: &Brand, q: &str) -> Result<Vec<Customer>, ApiError> {
    let customers = Customers::new(deps);
    if let Some(customer) = whole(&customers, brand, q).await? {
        return Ok(vec![customer]);
    }
    match customers.search(brand.id, q, SEARCH_LIMIT_HITS).await {
        Ok(found) => Ok(found.into_iter().map(|Found { customer, .. }| customer).collect()),
        Err(SearchError::TooShort) => {
            Err(ApiError::invalid_field("q", SearchError::TooShort.to_string()))
        }
        Err(SearchError::Store(error)) => Err(error.into()),
    }
}

async fn whole(
    customers: &Customers<'_>,
    brand: &Brand,
    q: &str,
) -> Result<Option<Customer>, StoreError> {
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
