use domain::crm::Subdomain;
use domain::ids::{CustomerId, StaffId};
use jiff::Timestamp;
use platform::store::{Customer, CustomerStatus};
use serde::Serialize;
use utoipa::ToSchema;

/// A customer; phone, e-mail and identifiers are masked but for their last four characters, unless
/// they were asked for whole.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Customer)]
pub struct CustomerView {
    #[schema(value_type = String, example = "cus_01JZ0000000000000000000000")]
    pub id: CustomerId,
    /// Null where the customer was erased.
    #[schema(example = "Ana Souza")]
    pub name: Option<String>,
    #[schema(example = "**********4321")]
    pub phone: Option<String>,
    #[schema(example = "a***@example.com")]
    pub email: Option<String>,
    pub cpf: Option<String>,
    pub cnpj: Option<String>,
    pub pan: Option<String>,
    pub status: CustomerStatus,
    /// Who looks after the customer.
    #[schema(value_type = Option<String>, example = "staff_01JZ0000000000000000000000")]
    pub owner: Option<StaffId>,
    pub reference: Option<String>,
    /// Which of the brand's sites the customer came by; null where staff entered them.
    #[schema(value_type = Option<String>)]
    pub subdomain: Option<Subdomain>,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub erased_at: Option<Timestamp>,
    pub version: u64,
}

/// It names the customer.
impl std::fmt::Debug for CustomerView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CustomerView").field("id", &self.id).finish_non_exhaustive()
    }
}

impl CustomerView {
    /// With phone, e-mail and identifiers whole: for callers who may see them so.
    pub(super) fn whole(customer: &Customer) -> Self {
        Self {
            phone: customer.phone.as_ref().map(|phone| phone.expose().to_owned()),
            email: customer.email.as_ref().map(|email| email.expose().to_owned()),
            cpf: customer.cpf.as_ref().map(|cpf| cpf.expose().to_owned()),
            cnpj: customer.cnpj.as_ref().map(|cnpj| cnpj.expose().to_owned()),
            pan: customer.pan.as_ref().map(|pan| pan.expose().to_owned()),
            ..Self::from(customer)
        }
    }
}

impl From<&Customer> for CustomerView {
    fn from(customer: &Customer) -> Self {
        let name = || customer.name.expose().to_owned();
        Self {
            id: customer.id,
            name: (customer.status != CustomerStatus::Erased).then(name),
            phone: customer.phone.as_ref().map(|phone| phone.masked()),
            email: customer.email.as_ref().map(|email| email.masked()),
            cpf: customer.cpf.as_ref().map(|cpf| cpf.masked()),
            cnpj: customer.cnpj.as_ref().map(|cnpj| cnpj.masked()),
            pan: customer.pan.as_ref().map(|pan| pan.masked()),
            status: customer.status,
            owner: customer.owner,
            reference: customer.reference.clone(),
            subdomain: customer.subdomain.clone(),
            created_at: customer.created_at,
            erased_at: customer.erased_at,
            version: customer.version,
        }
    }
}
