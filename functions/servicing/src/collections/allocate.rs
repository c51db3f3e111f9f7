use std::collections::BTreeSet;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use domain::ids::{LoanId, StaffId};
use futures::future::join_all;
use garde::Validate;
use platform::Deps;
use platform::auth::Allowed;
use platform::auth::permission::Allocate;
use platform::http::{ApiError, MaybeIdempotent, RequestId, once};
use platform::store::{Author, Brand, Decide, Entity, Event, LoanChange, Loans, StaffUser, Tx};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

const REASON_LIMIT_CHARS: usize = 500;
const LOANS_LIMIT_ITEMS: usize = 100;
const CONCURRENT_LIMIT_LOANS: usize = 8;

/// Who is to look after loans.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub struct BulkAllocation {
    #[garde(length(min = 1, max = LOANS_LIMIT_ITEMS))]
    #[schema(value_type = Vec<String>, min_items = 1, max_items = 100)]
    pub loan_ids: Vec<LoanId>,
    /// Null takes the loans from whoever has them.
    #[schema(value_type = Option<String>)]
    pub staff_id: Option<StaffId>,
    #[serde(default)]
    #[garde(length(chars, min = 1, max = REASON_LIMIT_CHARS))]
    pub reason: Option<String>,
}

/// What became of one loan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = BulkAllocationLine)]
pub struct Allocation {
    #[schema(value_type = String)]
    pub loan_id: LoanId,
    pub outcome: Outcome,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[schema(as = BulkAllocationOutcome)]
pub enum Outcome {
    Allocated,
    /// The member of staff had it before.
    Unchanged,
    NotFound,
}

/// What became of each loan, in the order of their ids.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = BulkAllocationAnswer)]
pub struct Allocations {
    pub items: Vec<Allocation>,
}

/// Gives up to a hundred loans to a member of staff.
///
/// Each loan is given by itself; what fails on the way is done by the same request sent again.
#[utoipa::path(post, path = "/api/v1/partner/brand/{brandId}/collection/allocate",
    operation_id = "allocate_loans", tag = "collections",
    params(("Idempotency-Key" = Option<String>, Header, description = "the client's name for this")),
    request_body = BulkAllocation,
    responses((status = 200, description = "what became of each", body = Allocations)))]
pub async fn allocate(
    allowed: Allowed<Allocate>,
    State(deps): State<Deps>,
    request_id: RequestId,
    request: MaybeIdempotent<BulkAllocation>,
) -> Result<Response, ApiError> {
    let Allowed { actor, brand, .. } = allowed;
    let MaybeIdempotent { intent, body } = request;
    if let Some(id) = body.staff_id {
        let user = StaffUser::load(&deps.table, id).await?;
        if !user.is_some_and(|user| user.works_for(brand.id)) {
            let message = "is no active member of the brand's staff";
            return Err(ApiError::invalid_field("staffId", message));
        }
    }
    let author = Author::of_request(&actor, &request_id);
    once(&deps, brand.id, actor.id, intent.as_ref(), async |once| {
        let giving = Giving {
            deps: &deps,
            brand: &brand,
            author: &author,
            owner: body.staff_id,
            reason: body.reason.clone(),
        };
        let loans: Vec<LoanId> =
            body.loan_ids.iter().copied().collect::<BTreeSet<_>>().into_iter().collect();
        let mut items = Vec::with_capacity(loans.len());
        for chunk in loans.chunks(CONCURRENT_LIMIT_LOANS) {
            for given in join_all(chunk.iter().map(|loan| give(&giving, *loan))).await {
                items.push(given?);
            }
        }
        let allocations = Allocations { items };
        once.complete(deps.table.tx(), StatusCode::OK, &allocations)?.commit().await?;
        Ok((StatusCode::OK, allocations))
    })
    .await
}

async fn give(giving: &Giving<'_>, loan_id: LoanId) -> Result<Allocation, ApiError> {
    let (deps, brand) = (giving.deps, giving.brand);
    let (today, at) = (deps.today(brand), deps.now());
    let outcome = Loans::new(&deps.table).decide(brand, loan_id, today, at, giving).await?;
    Ok(Allocation { loan_id, outcome: outcome.unwrap_or(Outcome::NotFound) })
}

/// What is done to each loan, again where another change of it gets in between.
struct Giving<'a> {
    deps: &'a Deps,
    brand: &'a Brand,
    author: &'a Author,
    owner: Option<StaffId>,
    reason: Option<String>,
}

impl Decide for Giving<'_> {
    type Outcome = Outcome;
    type Error = ApiError;

    async fn decide<'t>(
        &self,
        change: &mut LoanChange,
        tx: Tx<'t>,
    ) -> Result<(Outcome, Tx<'t>), ApiError> {
        let before = std::mem::replace(&mut change.record.owner, self.owner);
        if before == self.owner {
            return Ok((Outcome::Unchanged, tx));
        }
        let effect = self
            .author
            .effect("loans:allocate", change.record.loan.id)
            .before("owner", name(before))
            .after("owner", name(self.owner))
            .reason(self.reason.clone());
        let event = Event::new(self.deps, Some(self.brand.id), effect);
        Ok((Outcome::Allocated, tx.create(Event::NAME, &event)))
    }
}

fn name(owner: Option<StaffId>) -> String {
    owner.map_or_else(|| "nobody".to_owned(), String::from)
}
