use domain::ids::CustomerId;
use jiff::Timestamp;
use platform::store::{Customer, CustomerStatus};
use serde::Serialize;
use utoipa::ToSchema;

/// A customer; phone, e-mail and identifiers are masked but for their last four characters.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Customer)]
pub struct CustomerView {
    #[schema(value_type = String, example = "cus_01JZ0000000000000000000000")]
    pub id: CustomerId,
    #[schema(example = "Ana Souza")]
    pub name: String,
    #[schema(example = "**********4321")]
    pub phone: Option<String>,
    #[schema(example = "a***@example.com")]
    pub email: Option<String>,
    pub cpf: Option<String>,
    pub cnpj: Option<String>,
    pub pan: Option<String>,
    pub status: CustomerStatus,
    pub reference: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    pub version: u64,
}

impl From<&Customer> for CustomerView {
    fn from(customer: &Customer) -> Self {
        Self {
            id: customer.id,
            name: customer.name.expose().to_owned(),
            phone: customer.phone.as_ref().map(|phone| phone.masked()),
            email: customer.email.as_ref().map(|email| email.masked()),
            cpf: customer.cpf.as_ref().map(|cpf| cpf.masked()),
            cnpj: customer.cnpj.as_ref().map(|cnpj| cnpj.masked()),
            pan: customer.pan.as_ref().map(|pan| pan.masked()),
            status: customer.status,
            reference: customer.reference.clone(),
            created_at: customer.created_at,
            version: customer.version,
        }
    }
}
