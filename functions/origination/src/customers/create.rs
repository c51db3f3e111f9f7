use axum::extract::State;
use axum::response::Response;
use domain::crm::Subdomain;
use domain::identity::{Cnpj, Cpf, Email, Pan, PersonName};
use domain::ids::{AuditId, CustomerId};
use garde::Validate;
use http::StatusCode;
use platform::Deps;
use platform::auth::Allowed;
use platform::auth::permission::ManageCustomers;
use platform::http::{
    ApiError, Begin, ErrorBody, MaybeIdempotent, Once, RequestId, begin_once, replay,
};
use platform::store::{Brand, Customer, Customers, Effect, Event};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{CustomerView, PHONE_LIMIT_CHARS, REFERENCE_LIMIT_CHARS, not_saved, phone};

/// A customer to be.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub struct CreateCustomer {
    #[schema(value_type = String, example = "Ana Souza")]
    pub name: PersonName,
    /// With country code, or as it is dialled in the brand's country.
    #[garde(length(chars, min = 1, max = PHONE_LIMIT_CHARS))]
    #[schema(example = "+5511900004321")]
    pub phone: String,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub email: Option<Email>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub cpf: Option<Cpf>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub cnpj: Option<Cnpj>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub pan: Option<Pan>,
    /// The lender's own number of the customer.
    #[serde(default)]
    #[garde(length(chars, min = 1, max = REFERENCE_LIMIT_CHARS))]
    pub reference: Option<String>,
    /// Which of the brand's sites the customer came by; it does not change.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "promo")]
    pub subdomain: Option<Subdomain>,
}

impl std::fmt::Debug for CreateCustomer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CreateCustomer").finish_non_exhaustive()
    }
}

/// Create a customer
///
/// Phone, CPF, CNPJ, PAN and reference are one customer's within the brand.
#[utoipa::path(
    post,
    path = "/api/v1/partner/brand/{brandId}/customers",
    operation_id = "create_customer",
    tag = "customers",
    request_body = CreateCustomer,
    params(("Idempotency-Key" = Option<String>, Header, description = "names this intent")),
    responses(
        (status = 201, description = "the customer", body = CustomerView),
        (status = 409, description = "a value is another customer's", body = ErrorBody),
        (status = 422, description = "the key was used for another request", body = ErrorBody),
    )
)]
pub(super) async fn create(
    allowed: Allowed<ManageCustomers>,
    State(deps): State<Deps>,
    request_id: RequestId,
    request: MaybeIdempotent<CreateCustomer>,
) -> Result<Response, ApiError> {
    let (brand, actor) = (&allowed.brand, allowed.actor.id);
    let customer = customer_of(&deps, brand, request.body)?;
    let once = match begin_once(&deps, brand.id, actor, request.intent.as_ref()).await? {
        Begin::First(once) => once,
        Begin::Again { status, answer } => return replay(status, answer),
    };
    let effect = Effect::new(actor.to_string(), "customers:create", customer.id)
        .after("status", "ACTIVE")
        .request(request_id.as_str());
    let outcome = save(&deps, &once, customer, effect).await;
    once.finish(&deps, outcome).await
}

fn customer_of(deps: &Deps, brand: &Brand, body: CreateCustomer) -> Result<Customer, ApiError> {
    let id = CustomerId::new(deps.ulid());
    Ok(Customer {
        phone: Some(phone(&body.phone, brand)?),
        email: body.email,
        cpf: body.cpf,
        cnpj: body.cnpj,
        pan: body.pan,
        reference: body.reference,
        subdomain: body.subdomain,
        ..Customer::new(brand.id, id, body.name, deps.now())
    })
}

async fn save(
    deps: &Deps,
    once: &Once,
    mut customer: Customer,
    effect: Effect,
) -> Result<(StatusCode, CustomerView), ApiError> {
    let id = AuditId::new(deps.ulid());
    let event = Event { brand: customer.brand, id, at: deps.now(), effect };
    let tx = deps.table.tx().create("event", &event);
    let tx = Customers::new(deps).create(tx, &mut customer).await?;
    let view = CustomerView::from(&customer);
    let tx = once.complete(tx, StatusCode::CREATED, &view)?;
    tx.commit().await.map_err(not_saved)?;
    Ok((StatusCode::CREATED, view))
}
