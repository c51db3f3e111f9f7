use domain::identity::{Cnpj, Cpf, Pan, Phone};
use domain::ids::{BrandId, CustomerId};
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use super::Customer;
use crate::store::{Entity, Key, StoreError};

/// Bytes of the keyed hash by which a phone or an identifier is found.
const DIGEST_BYTES: usize = 16;

/// A value that is one customer's within a brand, and by which the customer is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unique<'a> {
    Phone(&'a Phone),
    Cpf(&'a Cpf),
    Cnpj(&'a Cnpj),
    Pan(&'a Pan),
    Reference(&'a str),
}

impl<'a> Unique<'a> {
    /// What of the customer no other customer of the brand may have.
    pub(super) fn all(customer: &'a Customer) -> Vec<Self> {
        [
            customer.phone.as_ref().map(Self::Phone),
            customer.cpf.as_ref().map(Self::Cpf),
            customer.cnpj.as_ref().map(Self::Cnpj),
            customer.pan.as_ref().map(Self::Pan),
            customer.reference.as_deref().map(Self::Reference),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

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

    pub(super) fn holder_key(
        &self,
        lookup_key: &SecretString,
        brand: BrandId,
    ) -> Result<Key, StoreError> {
        let key = lookup_key.expose_secret().as_bytes();
        let mut mac = Hmac::<Sha256>::new_from_slice(key)
            .map_err(|error| StoreError::Refused(error.to_string()))?;
        // The brand is part of what is hashed, so that no two brands' hashes can be compared.
        mac.update(&brand.ulid().to_bytes());
        mac.update(self.field().as_bytes());
        mac.update(&[0]);
        mac.update(self.text().as_bytes());
        let digest = mac.finalize().into_bytes();
        let digest: Vec<u8> = digest.into_iter().take(DIGEST_BYTES).collect();
        Ok(Key::new(format!("B#{}#U#{}", brand.ulid(), hex::encode(digest)), "U"))
    }
}

/// Says whose a value is. The value stands in the key as a keyed hash only.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Holder {
    /// The partition.
    #[serde(rename = "h")]
    pub partition: String,
    pub customer: CustomerId,
}

impl Entity for Holder {
    const NAME: &'static str = "holder of a unique value";

    fn key(&self) -> Key {
        Key::new(self.partition.clone(), "U")
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
