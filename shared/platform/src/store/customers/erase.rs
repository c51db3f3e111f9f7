use super::{Customers, StoredCustomer, Unique, index};
use crate::store::{Additions, StaffLoad, StoreError, Tx};

/// What an erasure leaves to be done after its transaction: nothing of it is needed to make the
/// personal data unreadable, all of it to make them disappear.
#[derive(Debug)]
#[must_use]
pub struct Erasure<'x> {
    pub tx: Tx<'x>,
    pub erased: StoredCustomer,
}

impl Customers<'_> {
    /// Adds to a transaction that a customer's personal data go: the wrapped keys and all that is
    /// sealed under them, the values that the customer is found by, the lists of the search. What
    /// was sealed for the customer elsewhere, or lies in a backup of a sealed record, has no key any
    /// more. A conflict labelled `customer` says that the record was changed, or that a loan was
    /// added, since it was read.
    pub async fn erase<'x>(
        &self,
        tx: Tx<'x>,
        stored: StoredCustomer,
    ) -> Result<Erasure<'x>, StoreError> {
        let customer = self.open(stored.clone()).await?;
        let mut tx = index::remove(tx, &stored);
        for unique in Unique::all(&customer) {
            tx = self.give_up(tx, &customer, unique)?;
        }
        if let Some(owner) = stored.owner {
            tx = StaffLoad::take(tx, stored.brand, owner);
        }
        let mut additions = Additions::default();
        additions.subtract_customer(&stored.counted());
        let brand = stored.brand;
        let mut erased = stored.erased(self.now);
        additions.add_customer(&erased.counted());
        let tx = additions.write(tx, brand, self.now)?;
        let tx = tx.replace("customer", &mut erased);
        Ok(Erasure { tx, erased })
    }
}
