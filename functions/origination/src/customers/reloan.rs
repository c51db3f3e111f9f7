use axum::extract::State;
use axum::response::Response;
use domain::crm::{History, may_borrow_again};
use domain::ids::{CustomerId, LoanId};
use domain::loans::status::Stage;
use domain::money::Amount;
use garde::Validate;
use platform::Deps;
use platform::auth::Allowed;
use platform::auth::permission::RequestLoans;
use platform::http::{ApiError, ErrorBody, MaybeIdempotent, Path, RequestId, once};
use platform::origination::{LoanTerms, QuoteTerms};
use platform::store::{Author, Brand, Consistency, Customers, LoanRecord, StoreError};
use platform::views::LoanView;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::request::LoanRequest;

/// A further loan of a customer who repaid one.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub struct Reloan {
    /// Left out, those of the loan that was repaid last, from today.
    #[serde(default)]
    #[garde(dive)]
    pub terms: Option<QuoteTerms>,
    /// Instead of the principal of those terms.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "1500.00")]
    pub principal: Option<Amount>,
}

/// Request a further loan
///
/// For a customer who repaid a loan in full and has nothing overdue, nothing written off, and no
/// other request that waits.
#[utoipa::path(
    post,
    path = "/api/v1/partner/brand/{brandId}/customers/{userId}/reloan",
    operation_id = "reloan_customer",
    tag = "customers",
    request_body = Reloan,
    params(("Idempotency-Key" = Option<String>, Header, description = "names this intent")),
    responses(
        (status = 201, description = "the requested loan", body = LoanView),
        (status = 409, description = "the customer does not borrow again yet", body = ErrorBody),
    )
)]
pub(super) async fn reloan(
    allowed: Allowed<RequestLoans>,
    State(deps): State<Deps>,
    Path(id): Path<CustomerId>,
    request_id: RequestId,
    request: MaybeIdempotent<Reloan>,
) -> Result<Response, ApiError> {
    let (brand, actor, body) = (&allowed.brand, &allowed.actor, request.body);
    once(&deps, brand.id, actor.id, request.intent.as_ref(), async |once| {
        let customers = Customers::new(&deps);
        customers.stored(brand.id, id).await?.ok_or_else(ApiError::not_found)?;
        let loans = history(&deps, brand, customers.loans(brand.id, id).await?).await?;
        require_good_standing(&deps, brand, &loans)?;
        let terms = terms(&deps, brand, body, &loans).await?;
        let asked = LoanRequest {
            deps: &deps,
            brand,
            author: Author::of_request(actor, &request_id),
            action: "customers:reloan",
            customer: id,
            terms: &terms,
            reference: None,
        };
        asked.save(once).await
    })
    .await
}

/// The customer's loans, oldest first.
async fn history(
    deps: &Deps,
    brand: &Brand,
    ids: Vec<LoanId>,
) -> Result<Vec<LoanRecord>, StoreError> {
    let keys: Vec<_> = ids.into_iter().map(|loan| LoanRecord::key_of(brand.id, loan)).collect();
    let mut loans: Vec<LoanRecord> = deps.table.batch_get(&keys, Consistency::Strong).await?;
    loans.sort_by_key(|record| record.loan.id);
    Ok(loans)
}

/// 409 with every reason against a further loan.
fn require_good_standing(deps: &Deps, brand: &Brand, loans: &[LoanRecord]) -> Result<(), ApiError> {
    let today = deps.today(brand);
    let history: Vec<History> = loans
        .iter()
        .map(|record| History {
            stage: record.loan.stage,
            has_overdue: record.loan.days_past_due(today) > 0,
        })
        .collect();
    may_borrow_again(&history).map_err(|reasons| {
        let reasons: Vec<String> = reasons.iter().map(ToString::to_string).collect();
        ApiError::conflict(reasons.join("; "))
    })
}

/// The terms that were given, or those of the loan that was repaid last, from today.
async fn terms(
    deps: &Deps,
    brand: &Brand,
    body: Reloan,
    loans: &[LoanRecord],
) -> Result<QuoteTerms, ApiError> {
    let mut terms = match body.terms {
        Some(terms) => terms,
        None => {
            let repaid = loans.iter().rev().find(|record| record.loan.stage == Stage::Completed);
            let key = repaid.map(|record| LoanTerms::key_of(brand.id, record.loan.id));
            let stored = match key {
                Some(key) => deps.table.get::<LoanTerms>(&key, Consistency::Eventual).await?,
                None => None,
            };
            let unknown = || {
                ApiError::invalid_field(
                    "terms",
                    "are required: those of the last loan are not known",
                )
            };
            let mut terms = stored.ok_or_else(unknown)?.terms;
            terms.disbursement_date = None;
            terms.first_due_date = None;
            terms
        }
    };
    terms.principal = body.principal.unwrap_or(terms.principal);
    Ok(terms)
}
