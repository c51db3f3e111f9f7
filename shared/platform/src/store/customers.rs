//! Customers: the record, what may be only one customer's, and the loans of each.

use domain::identity::{Cnpj, Cpf, Email, Pan, PersonName, Phone};
use domain::ids::{BrandId, CustomerId, LoanId};
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use super::{
    Condition, Consistency, Entity, Indexes, Key, Range, StoreError, Table, Tx, Versioned,
};
use crate::Deps;
use crate::config;

/// The most loans that one customer may have.
pub const CUSTOMER_LOANS_LIMIT: usize = 500;
/// Bytes of the keyed hash by which a phone or an identifier is found.
const DIGEST_BYTES: usize = 16;

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
}

/// A borrower of a brand. Its personal data mask themselves in `Debug`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Customer {
    pub brand: BrandId,
    pub id: CustomerId,
    #[serde(rename = "v", default)]
    pub version: u64,
    pub name: PersonName,
    /// Absent only where another system's data came without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<Phone>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<Email>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpf: Option<Cpf>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cnpj: Option<Cnpj>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pan: Option<Pan>,
    pub status: CustomerStatus,
    /// The lender's own number of the customer, where it came from another system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    pub created_at: Timestamp,
}

impl Customer {
    pub fn partition(brand: BrandId, id: CustomerId) -> String {
        format!("B#{}#C#{}", brand.ulid(), id.ulid())
    }

    pub fn key_of(brand: BrandId, id: CustomerId) -> Key {
        Key::new(Self::partition(brand, id), "HEAD")
    }

    pub fn list_partition(brand: BrandId) -> String {
        format!("B#{}#C", brand.ulid())
    }

    /// What of the customer no other customer of the brand may have.
    fn uniques(&self) -> Vec<Unique<'_>> {
        [
            self.phone.as_ref().map(Unique::Phone),
            self.cpf.as_ref().map(Unique::Cpf),
            self.cnpj.as_ref().map(Unique::Cnpj),
            self.pan.as_ref().map(Unique::Pan),
            self.reference.as_deref().map(Unique::Reference),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

impl Entity for Customer {
    const NAME: &'static str = "customer";

    fn key(&self) -> Key {
        Self::key_of(self.brand, self.id)
    }

    fn indexes(&self) -> Indexes {
        let list = (Self::list_partition(self.brand), self.id.ulid().to_string());
        Indexes { list: Some(list), ..Indexes::default() }
    }
}

impl Versioned for Customer {
    fn version(&self) -> u64 {
        self.version
    }

    fn set_version(&mut self, version: u64) {
        self.version = version;
    }
}

/// A value that is one customer's within a brand, and by which the customer is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unique<'a> {
    Phone(&'a Phone),
    Cpf(&'a Cpf),
    Cnpj(&'a Cnpj),
    Pan(&'a Pan),
    Reference(&'a str),
}

impl Unique<'_> {
    /// The field that holds it, and the label of its write.
    pub const fn field(&self) -> &'static str {
        match self {
            Self::Phone(_) => "phone",
            Self::Cpf(_) => "cpf",
            Self::Cnpj(_) => "cnpj",
            Self::Pan(_) => "pan",
            Self::Reference(_) => "reference",
        }
    }

    fn text(&self) -> &str {
        match self {
            Self::Phone(phone) => phone.expose(),
            Self::Cpf(cpf) => cpf.expose(),
            Self::Cnpj(cnpj) => cnpj.expose(),
            Self::Pan(pan) => pan.expose(),
            Self::Reference(reference) => reference,
        }
    }
}

/// Says whose a value is. The value stands in the key as a keyed hash only.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Holder {
    /// The partition.
    #[serde(rename = "h")]
    partition: String,
    customer: CustomerId,
}

impl Entity for Holder {
    const NAME: &'static str = "holder of a unique value";

    fn key(&self) -> Key {
        Key::new(self.partition.clone(), "U")
    }
}

/// That a loan is a customer's: an item of the customer's collection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomerLoan {
    pub brand: BrandId,
    pub customer: CustomerId,
    pub loan: LoanId,
}

impl CustomerLoan {
    const SORT_PREFIX: &'static str = "L#";
}

impl Entity for CustomerLoan {
    const NAME: &'static str = "loan of a customer";

    fn key(&self) -> Key {
        let sort = format!("{}{}", Self::SORT_PREFIX, self.loan.ulid());
        Key::new(Customer::partition(self.brand, self.customer), sort)
    }
}

/// A value that is another customer's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{field} is another customer's")]
pub struct Taken {
    pub field: &'static str,
}

impl Taken {
    /// The first value that a failed transaction found taken.
    pub fn of(error: &StoreError) -> Option<Self> {
        let fields = ["phone", "cpf", "cnpj", "pan", "reference"];
        let field = fields.into_iter().find(|field| error.is_conflict_on(field))?;
        Some(Self { field })
    }
}

/// The customers of the table.
#[derive(Debug, Clone, Copy)]
pub struct Customers<'d> {
    table: &'d Table,
    lookup_key: &'d config::Key,
}

impl<'d> Customers<'d> {
    pub fn new(deps: &'d Deps) -> Self {
        Self { table: &deps.table, lookup_key: &deps.config.lookup_key }
    }

    pub async fn get(
        &self,
        brand: BrandId,
        id: CustomerId,
    ) -> Result<Option<Customer>, StoreError> {
        self.table.get(&Customer::key_of(brand, id), Consistency::Strong).await
    }

    /// Whose a value is; two reads where it is somebody's.
    pub async fn find(
        &self,
        brand: BrandId,
        unique: Unique<'_>,
    ) -> Result<Option<Customer>, StoreError> {
        let key = self.holder_key(brand, unique)?;
        match self.table.get::<Holder>(&key, Consistency::Strong).await? {
            Some(holder) => self.get(brand, holder.customer).await,
            None => Ok(None),
        }
    }

    /// Adds a new customer to a transaction. A conflict labelled with a field's name means that
    /// the value is another customer's: [`Taken::of`].
    pub fn create<'x>(&self, tx: Tx<'x>, customer: &mut Customer) -> Result<Tx<'x>, StoreError> {
        let mut tx = tx;
        for unique in customer.uniques() {
            tx = tx.create(unique.field(), &self.holder(customer, unique)?);
        }
        Ok(tx.replace("customer", customer))
    }

    /// Adds a changed customer to a transaction: conflicts as [`Self::create`], and one labelled
    /// `customer` where the record was changed since it was read.
    pub fn replace<'x>(
        &self,
        tx: Tx<'x>,
        before: &Customer,
        customer: &mut Customer,
    ) -> Result<Tx<'x>, StoreError> {
        let mut tx = tx;
        let (old, new) = (before.uniques(), customer.uniques());
        for unique in new.iter().filter(|unique| !old.contains(unique)) {
            tx = tx.create(unique.field(), &self.holder(customer, *unique)?);
        }
        for unique in old.iter().filter(|unique| !new.contains(unique)) {
            let held = Condition::equals("customer", customer.id)?;
            tx = tx.delete("customer", &self.holder_key(before.brand, *unique)?, &held);
        }
        Ok(tx.replace("customer", customer))
    }

    /// The ids of a customer's loans, in order of creation.
    pub async fn loans(
        &self,
        brand: BrandId,
        customer: CustomerId,
    ) -> Result<Vec<LoanId>, StoreError> {
        let range = Range::partition(Customer::partition(brand, customer))
            .prefix(CustomerLoan::SORT_PREFIX);
        let links: Vec<CustomerLoan> = self.table.query_all(&range, CUSTOMER_LOANS_LIMIT).await?;
        Ok(links.into_iter().map(|link| link.loan).collect())
    }

    fn holder(&self, customer: &Customer, unique: Unique<'_>) -> Result<Holder, StoreError> {
        let partition = self.holder_key(customer.brand, unique)?.pk;
        Ok(Holder { partition, customer: customer.id })
    }

    fn holder_key(&self, brand: BrandId, unique: Unique<'_>) -> Result<Key, StoreError> {
        let key = self.lookup_key.get()?.expose_secret().as_bytes();
        let mut mac = Hmac::<Sha256>::new_from_slice(key)
            .map_err(|error| StoreError::Refused(error.to_string()))?;
        // The brand is part of what is hashed, so that no two brands' hashes can be compared.
        mac.update(&brand.ulid().to_bytes());
        mac.update(unique.field().as_bytes());
        mac.update(&[0]);
        mac.update(unique.text().as_bytes());
        let digest = mac.finalize().into_bytes();
        let digest: Vec<u8> = digest.into_iter().take(DIGEST_BYTES).collect();
        Ok(Key::new(format!("B#{}#U#{}", brand.ulid(), hex::encode(digest)), "U"))
    }
}
