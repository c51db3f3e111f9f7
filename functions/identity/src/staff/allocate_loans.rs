use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use domain::ids::{LoanId, StaffId};
use garde::Validate;
use platform::Deps;
use platform::allocation::Allocation;
use platform::auth::Allowed;
use platform::auth::permission::Allocate;
use platform::http::{ApiError, ErrorBody, IfMatch, MaybeIdempotent, Path, RequestId, once};
use platform::store::{Author, Brand};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::member;

/// Each loan is a transaction of its own; so many are done well within a call's time.
const LOANS_LIMIT_ITEMS: usize = 100;
const REASON_LIMIT_CHARS: usize = 500;

/// Loans to be given to a member of staff.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub struct AllocateLoans {
    #[garde(length(min = 1, max = LOANS_LIMIT_ITEMS))]
    #[schema(value_type = Vec<String>, min_items = 1, max_items = 100)]
    pub loan_ids: Vec<LoanId>,
    #[serde(default)]
    #[garde(length(chars, min = 1, max = REASON_LIMIT_CHARS))]
    pub reason: Option<String>,
}

/// What became of one loan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum LoanAllocation {
    Allocated,
    /// It was the user's already.
    Unchanged,
    /// The brand has no such loan.
    NotFound,
}

/// What became of each loan, in the request's order.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LoanAllocations {
    #[schema(value_type = String)]
    pub user_id: StaffId,
    pub allocated: usize,
    pub loans: Vec<AllocatedLoan>,
}

#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AllocatedLoan {
    #[schema(value_type = String)]
    pub loan_id: LoanId,
    pub outcome: LoanAllocation,
}

/// Gives loans to a member of staff, one after the other: what was done before a failure stays
/// done, and the same request again finds it so.
#[utoipa::path(
    post,
    path = "/api/v1/partner/brand/{brandId}/user/{userId}/allocate-loans",
    tag = "staff",
    request_body = AllocateLoans,
    params(("Idempotency-Key" = Option<String>, Header, description = "names this intent")),
    responses(
        (status = 200, description = "what became of each loan", body = LoanAllocations),
        (status = 409, description = "the user is not active", body = ErrorBody),
        (status = 422, description = "the key was used for another request", body = ErrorBody)
    )
)]
pub(super) async fn allocate_loans(
    allowed: Allowed<Allocate>,
    State(deps): State<Deps>,
    Path(id): Path<StaffId>,
    request: RequestId,
    MaybeIdempotent { intent, body }: MaybeIdempotent<AllocateLoans>,
) -> Result<Response, ApiError> {
    let user = member(&deps, &allowed.brand, id).await?;
    if !user.active {
        return Err(ApiError::conflict("the user is not active"));
    }
    let author = Author::of_request(&allowed.actor, &request);
    once(&deps, allowed.brand.id, allowed.actor.id, intent.as_ref(), async |once| {
        let answer = allocate_all(&deps, &allowed.brand, &author, user.id, &body).await?;
        once.complete(deps.table.tx(), StatusCode::OK, &answer)?.commit().await?;
        Ok((StatusCode::OK, answer))
    })
    .await
}

async fn allocate_all(
    deps: &Deps,
    brand: &Brand,
    author: &Author,
    owner: StaffId,
    body: &AllocateLoans,
) -> Result<LoanAllocations, ApiError> {
    let mut loans = Vec::with_capacity(body.loan_ids.len());
    for &loan_id in &body.loan_ids {
        let effect = author.effect("loans:allocate", loan_id).reason(body.reason.clone());
        let allocation = Allocation {
            deps,
            brand,
            owner: Some(owner),
            if_match: IfMatch(None),
            once: None,
            effect,
        };
        let outcome = match allocation.save(loan_id).await? {
            None => LoanAllocation::NotFound,
            Some(done) if done.changed => LoanAllocation::Allocated,
            Some(_) => LoanAllocation::Unchanged,
        };
        loans.push(AllocatedLoan { loan_id, outcome });
    }
    let allocated = loans.iter().filter(|loan| loan.outcome == LoanAllocation::Allocated).count();
    Ok(LoanAllocations { user_id: owner, allocated, loans })
}
