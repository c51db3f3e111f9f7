use axum::Json;
use axum::extract::State;
use platform::Deps;
use platform::auth::Allowed;
use platform::auth::permission::ReadCustomers;
use platform::http::{ApiError, List, Page, PageParams};
use platform::store::{Customer, Customers, Range, Slice, StoredCustomer};

use super::CustomerView;

/// List the customers that nobody looks after
///
/// Newest first. A page may be short and still have a next one.
#[utoipa::path(
    get,
    path = "/api/v1/partner/brand/{brandId}/customers/unallocated",
    operation_id = "list_unallocated_customers",
    tag = "customers",
    params(PageParams),
    responses((status = 200, description = "one page of customers", body = Page<CustomerView>))
)]
pub(super) async fn unallocated(
    allowed: Allowed<ReadCustomers>,
    State(deps): State<Deps>,
    list: List,
) -> Result<Json<Page<CustomerView>>, ApiError> {
    let range = Range::list(Customer::list_partition(allowed.brand.id)).descending();
    let keep = |stored: &StoredCustomer| stored.owner.is_none() && !stored.is_erased();
    let slice = deps.table.list(&range, list.limit, list.after.clone(), keep).await?;
    let items = Customers::new(&deps).open_all(slice.items).await?;
    let slice = Slice { items, next: slice.next };
    list.page(slice, |customer| CustomerView::from(&customer)).map(Json)
}
