use axum::extract::State;
use axum::response::Response;
use domain::ids::LoanId;
use domain::loans::loan::Loan;
use domain::loans::status::Status;
use domain::money::Amount;
use garde::Validate;
use jiff::Span;
use jiff::civil::Date;
use platform::Deps;
use platform::auth::Allowed;
use platform::auth::permission::WorkCollections;
use platform::http::{ApiError, FieldError, MaybeIdempotent, Path, RequestId, once};
use platform::store::{Author, CollectionAct, Loans};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::entry::{CollectionEntryView, Noted, note};

const TEXT_LIMIT_CHARS: usize = 2_000;
/// How far ahead a promise may be.
const AHEAD_LIMIT_DAYS: i32 = 90;

/// What a customer said to pay.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub struct NewPromise {
    /// At most what will be owed on the day.
    #[schema(value_type = String, example = "150.00")]
    pub amount: Amount,
    /// The last day, from today to 90 days ahead.
    #[schema(value_type = String, format = Date)]
    pub by: Date,
    #[serde(default)]
    #[garde(length(chars, min = 1, max = TEXT_LIMIT_CHARS))]
    pub text: Option<String>,
}

impl std::fmt::Debug for NewPromise {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { amount, by, text: _ } = self;
        f.debug_struct("NewPromise").field("amount", amount).field("by", by).finish_non_exhaustive()
    }
}

/// Notes that the customer promised to pay a sum by a day.
#[utoipa::path(post, path = "/api/v1/partner/brand/{brandId}/collection/{loanId}/promise-to-pay",
    operation_id = "promise_to_pay", tag = "collections",
    params(("Idempotency-Key" = Option<String>, Header, description = "the client's name for this note")),
    request_body = NewPromise,
    responses((status = 201, description = "noted", body = CollectionEntryView),
        (status = 409, description = "nothing is to be paid on the loan")))]
pub async fn promise_to_pay(
    allowed: Allowed<WorkCollections>,
    State(deps): State<Deps>,
    request_id: RequestId,
    Path(id): Path<LoanId>,
    request: MaybeIdempotent<NewPromise>,
) -> Result<Response, ApiError> {
    let Allowed { actor, brand, .. } = allowed;
    let MaybeIdempotent { intent, body } = request;
    once(&deps, brand.id, actor.id, intent.as_ref(), async |once| {
        let record = Loans::new(&deps.table).get(brand.id, id).await?;
        let loan = record.ok_or_else(ApiError::not_found)?.loan;
        let today = deps.today(&brand);
        check(&body, &loan, today)?;
        let NewPromise { amount, by, text } = body;
        let effect = Author::of_request(&actor, &request_id)
            .effect("collections:promise", id)
            .after("amount", amount)
            .after("by", by);
        let act = CollectionAct::PromiseToPay { amount, by, on: today };
        note(&deps, &brand, actor.id, once, Noted { loan: id, act, text, effect }).await
    })
    .await
}

fn check(promise: &NewPromise, loan: &Loan, today: Date) -> Result<(), ApiError> {
    if !matches!(loan.status(), Status::Active | Status::Lost) {
        let status = loan.status();
        return Err(ApiError::conflict(format!("nothing is to be paid: the loan is {status}")));
    }
    let mut faults = Vec::new();
    let last = today.saturating_add(Span::new().days(AHEAD_LIMIT_DAYS));
    let is_possible = (today..=last).contains(&promise.by);
    if !is_possible {
        faults.push(FieldError::new("by", format!("must be from {today} to {last}")));
    }
    let amount = promise.amount;
    let owed = loan.owed(if is_possible { promise.by } else { last }).total();
    if !amount.is_positive() || amount.to_minor(loan.terms.currency).is_none() {
        faults.push(FieldError::new("amount", "must be whole minor units, more than zero"));
    } else if amount > owed {
        faults.push(FieldError::new("amount", format!("only {owed} will be owed on that day")));
    }
    if faults.is_empty() { Ok(()) } else { Err(ApiError::invalid(faults)) }
}
