use std::fmt;

use domain::jurisdiction::Locale;
use domain::money::Currency;
use platform::store::{Appearance, Brand, Customer};
use serde::Serialize;

/// The language and money of a brand's documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    pub currency: Currency,
    pub locale: Locale,
}

/// How a brand presents itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Letterhead {
    /// The text that stands for the logo.
    pub logo: String,
    pub legal_name: String,
    /// The number that the lender is registered under, with its kind: `CNPJ 00.000.000/0001-00`.
    pub registration: Option<String>,
    pub address: Option<String>,
    pub contact: Option<String>,
    /// `#rrggbb`.
    pub primary: String,
    /// `#rrggbb`.
    pub accent: String,
}

/// The borrower, as the document names them.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Borrower {
    pub name: String,
    pub identifier: Option<Identifier>,
}

/// A number that tells the borrower from others: whole in a contract, masked elsewhere.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Identifier {
    /// `CPF`, `PAN`.
    pub kind: &'static str,
    pub number: String,
}

impl Style {
    pub fn of(brand: &Brand) -> Self {
        Self { currency: brand.currency, locale: brand.message_locale() }
    }
}

impl Letterhead {
    pub fn of(brand: &Brand, appearance: &Appearance) -> Self {
        let or_name = |text: &Option<String>| text.clone().unwrap_or_else(|| brand.name.clone());
        Self {
            logo: or_name(&appearance.logo_text),
            legal_name: or_name(&appearance.legal_name),
            registration: appearance.registration.clone(),
            address: appearance.address.clone(),
            contact: appearance.contact.clone(),
            primary: appearance.primary.as_str().to_owned(),
            accent: appearance.accent.as_str().to_owned(),
        }
    }
}

impl Borrower {
    /// With the whole number, for a contract.
    pub fn whole(customer: &Customer) -> Self {
        Self::with(
            customer,
            customer.cnpj.as_ref().map(|cnpj| cnpj.expose_formatted()),
            customer.cpf.as_ref().map(|cpf| cpf.expose_formatted()),
            customer.pan.as_ref().map(|pan| pan.expose().to_owned()),
        )
    }

    /// With the number masked, for what is handed on to others.
    pub fn masked(customer: &Customer) -> Self {
        Self::with(
            customer,
            customer.cnpj.as_ref().map(|cnpj| cnpj.masked()),
            customer.cpf.as_ref().map(|cpf| cpf.masked()),
            customer.pan.as_ref().map(|pan| pan.masked()),
        )
    }

    fn with(
        customer: &Customer,
        cnpj: Option<String>,
        cpf: Option<String>,
        pan: Option<String>,
    ) -> Self {
        let numbers = [("CNPJ", cnpj), ("CPF", cpf), ("PAN", pan)];
        let identifier = numbers
            .into_iter()
            .find_map(|(kind, number)| Some(Identifier { kind, number: number? }));
        Self { name: customer.name.expose().to_owned(), identifier }
    }
}

impl fmt::Debug for Borrower {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Borrower(***)")
    }
}

impl fmt::Debug for Identifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Identifier({} ***)", self.kind)
    }
}
