use domain::ids::{BrandId, CustomerId, LoanId};
use serde::{Deserialize, Serialize};

use super::Customer;
use crate::store::{Entity, Key, LoanRecord, Tx, Update};

/// The most loans that one customer may have.
pub const CUSTOMER_LOANS_LIMIT: usize = 500;

/// That a loan is a customer's: an item of the customer's collection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomerLoan {
    pub brand: BrandId,
    pub customer: CustomerId,
    pub loan: LoanId,
}

impl CustomerLoan {
    pub(super) const SORT_PREFIX: &'static str = "L#";

    /// Adds to a transaction that the loan is its customer's. It raises the version of the
    /// customer's record, so that nobody erases a customer in ignorance of a loan; a conflict
    /// labelled `customer` says that there is no such customer, or no more.
    pub fn link<'x>(tx: Tx<'x>, record: &LoanRecord) -> Tx<'x> {
        let (brand, customer) = (record.brand, record.loan.customer);
        let link = Self { brand, customer, loan: record.loan.id };
        tx.create("customer loan", &link).update(
            "customer",
            &Customer::key_of(brand, customer),
            &Update::new().add("v", &1),
            &Customer::there(),
        )
    }
}

impl Entity for CustomerLoan {
    const NAME: &'static str = "loan of a customer";

    fn key(&self) -> Key {
        let sort = format!("{}{}", Self::SORT_PREFIX, self.loan.ulid());
        Key::new(Customer::partition(self.brand, self.customer), sort)
    }
}
