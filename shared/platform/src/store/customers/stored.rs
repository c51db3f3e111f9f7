use domain::crm::Subdomain;
use domain::identity::PersonName;
use domain::ids::{BrandId, CustomerId, StaffId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::index::Anchors;
use super::{Counted, Customer, CustomerStatus, Sealing};
use crate::pii::{KeyRing, Pii, Sealed, Subject};
use crate::store::{Entity, Indexes, Key, StoreError, Versioned};

/// A customer as the table has it: personal data sealed field by field, with the wrapped key that
/// they are sealed under. The sealed fields have short names, since they are in every record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StoredCustomer {
    pub brand: BrandId,
    pub id: CustomerId,
    #[serde(rename = "v", default)]
    pub version: u64,
    pub status: CustomerStatus,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<StaffId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subdomain: Option<Subdomain>,
    pub created_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub erased_at: Option<Timestamp>,
    #[serde(rename = "k", default, skip_serializing_if = "KeyRing::is_empty")]
    pub(super) keys: KeyRing,
    #[serde(rename = "a", default, skip_serializing_if = "Anchors::is_empty")]
    pub(super) anchors: Anchors,
    #[serde(rename = "sn", default, skip_serializing_if = "Option::is_none")]
    name: Option<Sealed>,
    #[serde(rename = "sp", default, skip_serializing_if = "Option::is_none")]
    phone: Option<Sealed>,
    #[serde(rename = "se", default, skip_serializing_if = "Option::is_none")]
    email: Option<Sealed>,
    #[serde(rename = "sc", default, skip_serializing_if = "Option::is_none")]
    cpf: Option<Sealed>,
    #[serde(rename = "sj", default, skip_serializing_if = "Option::is_none")]
    cnpj: Option<Sealed>,
    #[serde(rename = "si", default, skip_serializing_if = "Option::is_none")]
    pan: Option<Sealed>,
    #[serde(rename = "sr", default, skip_serializing_if = "Option::is_none")]
    reference: Option<Sealed>,
}

impl StoredCustomer {
    /// Whether the personal data are gone.
    pub const fn is_erased(&self) -> bool {
        self.erased_at.is_some()
    }

    /// What the sums of customers count of this one.
    pub(in crate::store) fn counted(&self) -> Counted<'_> {
        Counted {
            customer: self.id,
            owner: self.owner,
            subdomain: self.subdomain.as_ref(),
            status: self.status,
        }
    }

    /// The wrapped keys, for what else is sealed for the customer.
    pub const fn keys(&self) -> &KeyRing {
        &self.keys
    }

    pub(super) async fn seal(customer: &Customer, pii: &Pii) -> Result<Self, StoreError> {
        let (subject, keys) = (customer.subject(), &customer.sealing.keys);
        let seal = async |field, text| pii.seal_text(&subject, keys, field, text).await;
        Ok(Self {
            brand: customer.brand,
            id: customer.id,
            version: customer.version,
            status: customer.status,
            owner: customer.owner,
            subdomain: customer.subdomain.clone(),
            created_at: customer.created_at,
            erased_at: customer.erased_at,
            name: seal("name", Some(customer.name.expose())).await?,
            phone: seal("phone", customer.phone.as_ref().map(|phone| phone.expose())).await?,
            email: seal("email", customer.email.as_ref().map(|email| email.expose())).await?,
            cpf: seal("cpf", customer.cpf.as_ref().map(|cpf| cpf.expose())).await?,
            cnpj: seal("cnpj", customer.cnpj.as_ref().map(|cnpj| cnpj.expose())).await?,
            pan: seal("pan", customer.pan.as_ref().map(|pan| pan.expose())).await?,
            reference: seal("reference", customer.reference.as_deref()).await?,
            keys: keys.clone(),
            anchors: customer.sealing.anchors.clone(),
        })
    }

    pub(super) async fn open(self, pii: &Pii) -> Result<Customer, StoreError> {
        let fields =
            Fields { subject: Subject::customer(self.brand, self.id), keys: &self.keys, pii };
        let name = fields.open("name", self.name.as_ref()).await?;
        Ok(Customer {
            name: name.unwrap_or_else(PersonName::erased),
            phone: fields.open("phone", self.phone.as_ref()).await?,
            email: fields.open("email", self.email.as_ref()).await?,
            cpf: fields.open("cpf", self.cpf.as_ref()).await?,
            cnpj: fields.open("cnpj", self.cnpj.as_ref()).await?,
            pan: fields.open("pan", self.pan.as_ref()).await?,
            reference: fields.open("reference", self.reference.as_ref()).await?,
            brand: self.brand,
            id: self.id,
            version: self.version,
            status: self.status,
            owner: self.owner,
            subdomain: self.subdomain,
            created_at: self.created_at,
            erased_at: self.erased_at,
            sealing: Sealing { keys: self.keys.clone(), anchors: self.anchors },
        })
    }

    /// The record without personal data, and without the key of any.
    pub(super) fn erased(self, at: Timestamp) -> Self {
        Self {
            status: CustomerStatus::Erased,
            owner: None,
            erased_at: Some(at),
            keys: KeyRing::default(),
            anchors: Anchors::default(),
            name: None,
            phone: None,
            email: None,
            cpf: None,
            cnpj: None,
            pan: None,
            reference: None,
            ..self
        }
    }
}

/// Opens the fields of one customer.
struct Fields<'a> {
    subject: Subject,
    keys: &'a KeyRing,
    pii: &'a Pii,
}

impl Fields<'_> {
    async fn open<T: TryFrom<String>>(
        &self,
        field: &'static str,
        sealed: Option<&Sealed>,
    ) -> Result<Option<T>, StoreError> {
        let Some(sealed) = sealed else { return Ok(None) };
        let text = self.pii.open_text(&self.subject, self.keys, field, sealed).await?;
        let corrupt = |_| StoreError::Corrupt(format!("customer: {field} is not one"));
        T::try_from(text).map(Some).map_err(corrupt)
    }
}

impl Entity for StoredCustomer {
    const NAME: &'static str = "customer";

    fn key(&self) -> Key {
        Customer::key_of(self.brand, self.id)
    }

    fn indexes(&self) -> Indexes {
        let list = (Customer::list_partition(self.brand), self.id.ulid().to_string());
        Indexes { list: Some(list), ..Indexes::default() }
    }
}

impl Versioned for StoredCustomer {
    fn version(&self) -> u64 {
        self.version
    }

    fn set_version(&mut self, version: u64) {
        self.version = version;
    }
}
