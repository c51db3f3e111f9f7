use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use domain::identity::{Cnpj, Cpf, Email, Pan, PersonName};
use domain::ids::{AuditId, CustomerId};
use garde::Validate;
use http::header;
use platform::Deps;
use platform::auth::Allowed;
use platform::auth::permission::ManageCustomers;
use platform::http::{ApiError, Body, ErrorBody, IfMatch, Path, RequestId};
use platform::store::{Brand, Customer, CustomerStatus, Customers, Effect, Event};
use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;

use super::{
    CustomerView, PHONE_LIMIT_CHARS, REASON_LIMIT_CHARS, REFERENCE_LIMIT_CHARS, not_erased,
    not_saved, phone, settable,
};

/// What becomes of a field: kept where it is left out, removed where it is null.
#[derive(Debug, Default)]
pub enum Change<T> {
    #[default]
    Keep,
    Remove,
    Set(T),
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Change<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Option::deserialize(deserializer)?;
        Ok(value.map_or(Self::Remove, Self::Set))
    }
}

impl<T> Change<T> {
    fn apply(self, field: &mut Option<T>) {
        match self {
            Self::Keep => {}
            Self::Remove => *field = None,
            Self::Set(value) => *field = Some(value),
        }
    }
}

/// What changes of a customer. A field that is left out stays as it is, since answers show most of
/// them masked; null removes one that may be absent.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub struct UpdateCustomer {
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub name: Option<PersonName>,
    #[serde(default)]
    #[garde(length(chars, min = 1, max = PHONE_LIMIT_CHARS))]
    pub phone: Option<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub email: Change<Email>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub cpf: Change<Cpf>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub cnpj: Change<Cnpj>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub pan: Change<Pan>,
    #[serde(default)]
    pub status: Option<CustomerStatus>,
    #[serde(default)]
    #[garde(length(chars, min = 1, max = REFERENCE_LIMIT_CHARS))]
    pub reference: Option<String>,
    #[serde(default)]
    #[garde(length(chars, min = 1, max = REASON_LIMIT_CHARS))]
    pub reason: Option<String>,
}

impl std::fmt::Debug for UpdateCustomer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UpdateCustomer").finish_non_exhaustive()
    }
}

/// Change a customer
#[utoipa::path(
    put,
    path = "/api/v1/partner/brand/{brandId}/customers/{userId}",
    operation_id = "update_customer",
    tag = "customers",
    request_body = UpdateCustomer,
    params(("If-Match" = Option<String>, Header, description = "the version that was seen")),
    responses(
        (status = 200, description = "the customer as it is now", body = CustomerView),
        (status = 409, description = "a stale version, or another customer's value", body = ErrorBody),
    )
)]
pub(super) async fn update(
    allowed: Allowed<ManageCustomers>,
    State(deps): State<Deps>,
    Path(id): Path<CustomerId>,
    if_match: IfMatch,
    request_id: RequestId,
    Body(body): Body<UpdateCustomer>,
) -> Result<impl IntoResponse, ApiError> {
    let brand = &allowed.brand;
    let customers = Customers::new(&deps);
    let before = customers.get(brand.id, id).await?.ok_or_else(ApiError::not_found)?;
    not_erased(&before)?;
    if_match.check(before.version)?;
    body.status.map_or(Ok(()), settable)?;
    let effect = Effect::new(allowed.actor.id.to_string(), "customers:update", id)
        .reason(body.reason.clone())
        .request(request_id.as_str());
    let mut customer = changed(before.clone(), body, brand)?;
    if customer != before {
        let effect = effect.after("changed", changed_fields(&before, &customer).join(", "));
        let event =
            Event { brand: brand.id, id: AuditId::new(deps.ulid()), at: deps.now(), effect };
        let tx = deps.table.tx().create("event", &event);
        let tx = customers.replace(tx, &before, &mut customer).await?;
        tx.commit().await.map_err(not_saved)?;
    }
    let etag = (header::ETAG, format!("\"{}\"", customer.version));
    Ok(([etag], Json(CustomerView::from(&customer))))
}

fn changed(
    mut customer: Customer,
    body: UpdateCustomer,
    brand: &Brand,
) -> Result<Customer, ApiError> {
    if let Some(text) = body.phone {
        customer.phone = Some(phone(&text, brand)?);
    }
    customer.name = body.name.unwrap_or(customer.name);
    customer.status = body.status.unwrap_or(customer.status);
    customer.reference = body.reference.or(customer.reference);
    body.email.apply(&mut customer.email);
    body.cpf.apply(&mut customer.cpf);
    body.cnpj.apply(&mut customer.cnpj);
    body.pan.apply(&mut customer.pan);
    Ok(customer)
}

/// The names of the fields that differ: the audit holds no personal data.
fn changed_fields(before: &Customer, after: &Customer) -> Vec<&'static str> {
    [
        ("name", before.name != after.name),
        ("phone", before.phone != after.phone),
        ("email", before.email != after.email),
        ("cpf", before.cpf != after.cpf),
        ("cnpj", before.cnpj != after.cnpj),
        ("pan", before.pan != after.pan),
        ("status", before.status != after.status),
        ("reference", before.reference != after.reference),
    ]
    .into_iter()
    .filter_map(|(name, differs)| differs.then_some(name))
    .collect()
}
