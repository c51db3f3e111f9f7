//! Customers: the record, what may be only one customer's, how they are found, and the loans of
//! each.

mod erase;
mod index;
mod loans;
mod stored;
mod unique;

use domain::crm::{CustomerTally, Subdomain};
use domain::identity::{Cnpj, Cpf, Email, Pan, PersonName, Phone};
use domain::ids::{BrandId, CustomerId, LoanId, StaffId};
use futures::FutureExt;
use futures::stream::{self, StreamExt, TryStreamExt};
use jiff::Timestamp;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::{Additions, Condition, Consistency, Key, Range, StoreError, Table, Tx};
use crate::Deps;
use crate::pii::{KeyRing, Pii, Subject};

pub use erase::Erasure;
pub use index::{Found, SEARCH_LIMIT_HITS, SearchError};
pub use loans::{CUSTOMER_LOANS_LIMIT, CustomerLoan};
pub use stored::StoredCustomer;
pub use unique::{Taken, Unique};

use index::{Anchors, Grams};
use unique::Holder;

/// Customers that are opened at the same time, each with a call of the key service where its key
/// is not at hand.
const OPEN_LIMIT_AT_ONCE: usize = 16;

/// Whether a customer may ask for loans.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CustomerStatus {
    #[default]
    Active,
    /// No new loans; running ones go on.
    Inactive,
    /// No new loans, for a reason that staff noted.
    Blocked,
    /// The personal data are gone, for good; loans and ledger stay.
    Erased,
}

impl CustomerStatus {
    pub const fn text(self) -> &'static str {
        match self {
            Self::Active => "ACTIVE",
            Self::Inactive => "INACTIVE",
            Self::Blocked => "BLOCKED",
            Self::Erased => "ERASED",
        }
    }
}

impl CustomerStatus {
    /// One customer of this status.
    pub const fn tally(self) -> CustomerTally {
        let mut tally = CustomerTally { active: 0, inactive: 0, blocked: 0, erased: 0 };
        let count = match self {
            Self::Active => &mut tally.active,
            Self::Inactive => &mut tally.inactive,
            Self::Blocked => &mut tally.blocked,
            Self::Erased => &mut tally.erased,
        };
        *count = 1;
        tally
    }
}

/// What the sums of customers count of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store) struct Counted<'c> {
    pub customer: CustomerId,
    pub owner: Option<StaffId>,
    pub subdomain: Option<&'c Subdomain>,
    pub status: CustomerStatus,
}

/// A borrower of a brand, opened. Its personal data mask themselves in `Debug`; at rest they are
/// sealed: [`StoredCustomer`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Customer {
    pub brand: BrandId,
    pub id: CustomerId,
    pub version: u64,
    /// [`PersonName::erased`] where the customer was erased.
    pub name: PersonName,
    /// Absent only where another system's data came without one, or the customer was erased.
    pub phone: Option<Phone>,
    pub email: Option<Email>,
    pub cpf: Option<Cpf>,
    pub cnpj: Option<Cnpj>,
    pub pan: Option<Pan>,
    pub status: CustomerStatus,
    /// Who looks after the customer.
    pub owner: Option<StaffId>,
    /// The lender's own number of the customer, where it came from another system.
    pub reference: Option<String>,
    /// Which of the brand's sites the customer came by; none where staff entered them.
    pub subdomain: Option<Subdomain>,
    pub created_at: Timestamp,
    pub erased_at: Option<Timestamp>,
    /// How the record is sealed and found; nobody else's concern.
    pub sealing: Sealing,
}

/// The wrapped keys of a customer, and the lists of the search that they are in.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sealing {
    keys: KeyRing,
    anchors: Anchors,
}

impl Customer {
    /// The condition on a customer's record that it is there and was not erased.
    fn there() -> Condition {
        Condition::present().and_absent("erasedAt")
    }

    /// A new customer of whom only the name is known yet.
    pub fn new(brand: BrandId, id: CustomerId, name: PersonName, created_at: Timestamp) -> Self {
        Self {
            brand,
            id,
            version: 0,
            name,
            phone: None,
            email: None,
            cpf: None,
            cnpj: None,
            pan: None,
            status: CustomerStatus::Active,
            owner: None,
            reference: None,
            subdomain: None,
            created_at,
            erased_at: None,
            sealing: Sealing::default(),
        }
    }

    pub fn partition(brand: BrandId, id: CustomerId) -> String {
        format!("B#{}#C#{}", brand.ulid(), id.ulid())
    }

    pub fn key_of(brand: BrandId, id: CustomerId) -> Key {
        Key::new(Self::partition(brand, id), "HEAD")
    }

    pub fn list_partition(brand: BrandId) -> String {
        format!("B#{}#C", brand.ulid())
    }

    fn counted(&self) -> Counted<'_> {
        Counted {
            customer: self.id,
            owner: self.owner,
            subdomain: self.subdomain.as_ref(),
            status: self.status,
        }
    }

    /// What the customer's sealed data are bound to.
    pub fn subject(&self) -> Subject {
        Subject::customer(self.brand, self.id)
    }
}

/// The customers of the table.
#[derive(Debug, Clone, Copy)]
pub struct Customers<'d> {
    table: &'d Table,
    lookup_key: &'d SecretString,
    pii: &'d Pii,
    now: Timestamp,
}

impl<'d> Customers<'d> {
    pub fn new(deps: &'d Deps) -> Self {
        Self {
            table: &deps.table,
            lookup_key: &deps.config.lookup_key,
            pii: &deps.pii,
            now: deps.now(),
        }
    }

    /// Demands in a transaction that the customer is there and was not erased. A conflict labelled
    /// `customer` says otherwise.
    pub fn demand(tx: Tx<'_>, brand: BrandId, id: CustomerId) -> Tx<'_> {
        tx.check("customer", &Customer::key_of(brand, id), &Customer::there())
    }

    pub async fn get(
        &self,
        brand: BrandId,
        id: CustomerId,
    ) -> Result<Option<Customer>, StoreError> {
        match self.stored(brand, id).await? {
            Some(stored) => self.open(stored).await.map(Some),
            None => Ok(None),
        }
    }

    /// The record with its personal data sealed: for whoever needs to know only that the customer
    /// is there, or what may be done with them. No call of the key service.
    pub async fn stored(
        &self,
        brand: BrandId,
        id: CustomerId,
    ) -> Result<Option<StoredCustomer>, StoreError> {
        self.table.get(&Customer::key_of(brand, id), Consistency::Strong).await
    }

    /// Opens a record: one call of the key service, where the customer's key is not at hand.
    pub async fn open(&self, stored: StoredCustomer) -> Result<Customer, StoreError> {
        stored.open(self.pii).await
    }

    /// Opens the records of a page, in their order.
    pub async fn open_all(&self, stored: Vec<StoredCustomer>) -> Result<Vec<Customer>, StoreError> {
        let opened = stored.into_iter().map(|stored| self.open(stored).boxed());
        stream::iter(opened.collect::<Vec<_>>()).buffered(OPEN_LIMIT_AT_ONCE).try_collect().await
    }

    /// Whose a value is; two reads where it is somebody's.
    pub async fn find(
        &self,
        brand: BrandId,
        unique: Unique<'_>,
    ) -> Result<Option<Customer>, StoreError> {
        match self.find_id(brand, unique).await? {
            Some(id) => self.get(brand, id).await,
            None => Ok(None),
        }
    }

    /// As [`Self::find`], without the customer's record.
    pub async fn find_id(
        &self,
        brand: BrandId,
        unique: Unique<'_>,
    ) -> Result<Option<CustomerId>, StoreError> {
        let key = unique.holder_key(self.lookup_key, brand)?;
        let holder = self.table.get::<Holder>(&key, Consistency::Strong).await?;
        Ok(holder.map(|holder| holder.customer))
    }

    /// Adds a new customer to a transaction, with what they are found by. A conflict labelled with
    /// a field's name means that the value is another customer's: [`Taken::of`].
    pub async fn create<'x>(
        &self,
        tx: Tx<'x>,
        customer: &mut Customer,
    ) -> Result<Tx<'x>, StoreError> {
        let subject = customer.subject();
        customer.sealing.keys = self.pii.generate(&subject, self.now).await?;
        let mut tx = tx;
        for unique in Unique::all(customer) {
            tx = tx.create(unique.field(), &self.holder(customer, unique)?);
        }
        let tx = self.enter_lists(tx, customer)?;
        self.put(tx, None, customer).await
    }

    /// Adds a changed customer to a transaction: conflicts as [`Self::create`], and one labelled
    /// `customer` where the record was changed since it was read.
    pub async fn replace<'x>(
        &self,
        tx: Tx<'x>,
        before: &Customer,
        customer: &mut Customer,
    ) -> Result<Tx<'x>, StoreError> {
        let subject = customer.subject();
        self.pii.renew(&subject, &mut customer.sealing.keys, self.now).await?;
        let mut tx = tx;
        let (old, new) = (Unique::all(before), Unique::all(customer));
        for unique in new.iter().filter(|unique| !old.contains(unique)) {
            tx = tx.create(unique.field(), &self.holder(customer, *unique)?);
        }
        for unique in old.iter().filter(|unique| !new.contains(unique)) {
            tx = self.give_up(tx, before, *unique)?;
        }
        if index::is_found_otherwise(before, customer) {
            tx = self.enter_lists(tx, customer)?;
        }
        self.put(tx, Some(before), customer).await
    }

    /// The ids of a customer's loans, in order of creation.
    pub async fn loans(
        &self,
        brand: BrandId,
        customer: CustomerId,
    ) -> Result<Vec<LoanId>, StoreError> {
        let range = Range::partition(Customer::partition(brand, customer))
            .prefix(CustomerLoan::SORT_PREFIX)
            .consistency(Consistency::Strong);
        let links: Vec<CustomerLoan> = self.table.query_all(&range, CUSTOMER_LOANS_LIMIT).await?;
        Ok(links.into_iter().map(|link| link.loan).collect())
    }

    /// The lists of the search that the customer is in now; those that they leave are left.
    fn enter_lists<'x>(&self, tx: Tx<'x>, customer: &mut Customer) -> Result<Tx<'x>, StoreError> {
        let grams = Grams::of(self.lookup_key, customer)?;
        let tx = index::replace(tx, customer, &customer.sealing.anchors, &grams);
        customer.sealing.anchors = grams.anchors;
        Ok(tx)
    }

    async fn put<'x>(
        &self,
        tx: Tx<'x>,
        before: Option<&Customer>,
        customer: &mut Customer,
    ) -> Result<Tx<'x>, StoreError> {
        let mut stored = StoredCustomer::seal(customer, self.pii).await?;
        let mut additions = Additions::default();
        additions.add_customer(&stored.counted());
        if let Some(before) = before {
            additions.subtract_customer(&before.counted());
        }
        let tx = tx.replace("customer", &mut stored);
        customer.version = stored.version;
        additions.write(tx, stored.brand, self.now)
    }

    fn holder(&self, customer: &Customer, unique: Unique<'_>) -> Result<Holder, StoreError> {
        let partition = unique.holder_key(self.lookup_key, customer.brand)?.pk;
        Ok(Holder { partition, customer: customer.id })
    }

    fn give_up<'x>(
        &self,
        tx: Tx<'x>,
        customer: &Customer,
        unique: Unique<'_>,
    ) -> Result<Tx<'x>, StoreError> {
        let held = Condition::equals("customer", customer.id)?;
        let key = unique.holder_key(self.lookup_key, customer.brand)?;
        Ok(tx.delete("customer", &key, &held))
    }
}
