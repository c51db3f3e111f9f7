//! The brand's staff, as far as customers are given to them.

use platform::Deps;
use platform::store::{Brand, Consistency, StaffUser, StoreError};

/// Members of staff of one brand that are looked at.
const STAFF_LIMIT: usize = 1_000;

/// Everybody who works for the brand, or did.
pub(super) async fn of(deps: &Deps, brand: &Brand) -> Result<Vec<StaffUser>, StoreError> {
    let range = StaffUser::of_brand(Some(brand.id));
    let page = deps.table.query_keys(&range, STAFF_LIMIT, None).await?;
    deps.table.batch_get(&page.items, Consistency::Eventual).await
}
