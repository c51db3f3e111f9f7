use axum::extract::State;
use axum::response::Response;
use domain::ids::{AuditId, CustomerId, LoanId};
use domain::loans::loan::Loan;
use domain::loans::status::Transition;
use garde::Validate;
use http::StatusCode;
use platform::Deps;
use platform::auth::Allowed;
use platform::auth::permission::RequestLoans;
use platform::http::{ApiError, MaybeIdempotent, Once, RequestId, once};
use platform::origination::{
    Contract, LoanTerms, QuoteTerms, invalid_terms, link_customer, servicing_terms,
};
use platform::store::{
    Brand, Condition, Customer, CustomerStatus, Customers, Effect, Event, LoanRecord, Loans, Retry,
    StoreError,
};
use platform::views::LoanView;
use serde::Deserialize;
use utoipa::ToSchema;

use super::error::{above_cap, illegal, refused};

const REFERENCE_LIMIT_CHARS: usize = 64;

/// A loan that staff asks for on a customer's behalf.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub struct CreateLoan {
    #[schema(value_type = String, example = "cus_01JZ0000000000000000000000")]
    pub customer_id: CustomerId,
    #[garde(dive)]
    pub terms: QuoteTerms,
    /// The lender's own number of the contract.
    #[serde(default)]
    #[garde(length(chars, min = 1, max = REFERENCE_LIMIT_CHARS))]
    pub reference: Option<String>,
}

/// Request a loan
///
/// The request is submitted at once: what remains is the decision.
#[utoipa::path(
    post,
    path = "/api/v1/partner/brand/{brandId}/loans",
    tag = "loans",
    request_body = CreateLoan,
    params(("Idempotency-Key" = Option<String>, Header, description = "names this intent")),
    responses(
        (status = 201, description = "the requested loan", body = LoanView),
        (status = 409, description = "the customer takes no new loans", body = platform::http::ErrorBody),
    )
)]
pub(super) async fn create(
    allowed: Allowed<RequestLoans>,
    State(deps): State<Deps>,
    request_id: RequestId,
    request: MaybeIdempotent<CreateLoan>,
) -> Result<Response, ApiError> {
    let (brand, actor) = (&allowed.brand, allowed.actor.id);
    let body = request.body;
    once(&deps, brand.id, actor, request.intent.as_ref(), async |once| {
        let today = deps.today(brand);
        let contract =
            body.terms.contract(brand, today).map_err(|error| invalid_terms(error, "terms."))?;
        require_customer(&deps, brand, body.customer_id).await?;
        let record = request_of(&deps, brand, &body, &contract)?;
        let effect = Effect::new(actor.to_string(), "loans:request", record.loan.id)
            .after("customer", record.loan.customer)
            .after("principal", record.loan.principal)
            .after("status", record.loan.status())
            .request(request_id.as_str());
        save(&deps, brand, once, record, &contract, effect).await
    })
    .await
}

/// 400 where there is no such customer, 409 where they take no new loans.
async fn require_customer(deps: &Deps, brand: &Brand, id: CustomerId) -> Result<(), ApiError> {
    let customer = Customers::new(deps).get(brand.id, id).await?;
    match customer.map(|customer| customer.status) {
        None => Err(ApiError::invalid_field("customerId", "is no customer of the brand")),
        Some(CustomerStatus::Active) => Ok(()),
        Some(CustomerStatus::Inactive | CustomerStatus::Blocked) => {
            Err(ApiError::conflict("the customer takes no new loans"))
        }
    }
}

fn request_of(
    deps: &Deps,
    brand: &Brand,
    body: &CreateLoan,
    contract: &Contract,
) -> Result<LoanRecord, ApiError> {
    let today = deps.today(brand);
    let terms =
        servicing_terms(brand, contract.agreed.method, today).map_err(|error| above_cap(&error))?;
    let id = LoanId::new(deps.ulid());
    let mut loan = Loan::request(id, body.customer_id, contract.amount_lent(), terms);
    loan.originate(Transition::Submit).map_err(|error| illegal(&error))?;
    contract.rehearse(&loan).map_err(|error| refused(&error))?;
    Ok(LoanRecord {
        brand: brand.id,
        version: 0,
        shard: LoanRecord::shard_of(brand, id),
        loan,
        plan: contract.plan(),
        owner: None,
        reference: body.reference.clone(),
        created_at: deps.now(),
    })
}

/// Writes the loan, its terms, its link to the customer, the event and the answer together.
async fn save(
    deps: &Deps,
    brand: &Brand,
    once: &Once,
    record: LoanRecord,
    contract: &Contract,
    effect: Effect,
) -> Result<(StatusCode, LoanView), ApiError> {
    let (today, now) = (deps.today(brand), deps.now());
    let view = LoanView::new(&record, today, false).stored();
    let event = Event { brand: brand.id, id: AuditId::new(deps.ulid()), at: now, effect };
    let mut retry = Retry::default();
    loop {
        let mut terms = LoanTerms {
            brand: brand.id,
            loan: record.loan.id,
            version: 0,
            terms: contract.agreed.clone(),
            disclosed: contract.disclosed(),
        };
        let customer = Customer::key_of(brand.id, record.loan.customer);
        let tx = deps.table.tx().replace("terms", &mut terms).create("event", &event).check(
            "customer",
            &customer,
            &Condition::present(),
        );
        let tx = once.complete(link_customer(tx, &record), StatusCode::CREATED, &view)?;
        let loans = Loans::new(&deps.table);
        let change = loans.begin(brand, record.clone(), today).await?;
        match loans.write(tx, change, now)?.commit().await {
            Ok(()) => return Ok((StatusCode::CREATED, view)),
            Err(error) => retry.pause(error).await.map_err(|error: StoreError| error)?,
        }
    }
}
