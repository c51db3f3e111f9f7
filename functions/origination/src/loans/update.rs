use axum::extract::State;
use axum::response::Response;
use domain::ids::{AuditId, LoanId};
use domain::loans::status::Status;
use garde::Validate;
use http::StatusCode;
use platform::Deps;
use platform::auth::Allowed;
use platform::auth::permission::RequestLoans;
use platform::http::{
    ApiError, Begin, IfMatch, MaybeIdempotent, Once, Path, RequestId, begin_once, replay,
};
use platform::origination::{LoanTerms, QuoteTerms, invalid_terms, servicing_terms};
use platform::store::{
    Brand, Condition, Consistency, Decide, Effect, Entity, Event, LoanChange, Loans, Tx,
};
use platform::views::LoanView;
use serde::Deserialize;
use utoipa::ToSchema;

use super::error::{above_cap, refused};

const REASON_LIMIT_CHARS: usize = 500;

/// Other terms for a loan that is not disbursed yet.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub struct UpdateLoan {
    #[garde(dive)]
    pub terms: QuoteTerms,
    #[garde(length(chars, min = 1, max = REASON_LIMIT_CHARS))]
    pub reason: String,
}

/// Change the terms of a requested loan
///
/// While it is OPEN, every term may change; once it is APPROVED, only `disbursementDate` and
/// `firstDueDate`, since what was approved is the rest. The cost is disclosed anew.
#[utoipa::path(
    post,
    path = "/api/v1/partner/brand/{brandId}/loans/{loanId}/update-with-reasons",
    tag = "loans",
    request_body = UpdateLoan,
    params(
        ("Idempotency-Key" = Option<String>, Header, description = "names this intent"),
        ("If-Match" = Option<String>, Header, description = "the version that was seen"),
    ),
    responses(
        (status = 200, description = "the loan as it is now", body = LoanView),
        (status = 409, description = "not possible in the loan's state", body = platform::http::ErrorBody),
    )
)]
pub(super) async fn update(
    allowed: Allowed<RequestLoans>,
    State(deps): State<Deps>,
    Path(id): Path<LoanId>,
    if_match: IfMatch,
    request_id: RequestId,
    request: MaybeIdempotent<UpdateLoan>,
) -> Result<Response, ApiError> {
    let (brand, actor, body) = (&allowed.brand, allowed.actor.id, &request.body);
    let effect = Effect::new(actor.to_string(), "loans:update", id)
        .reason(Some(body.reason.clone()))
        .request(request_id.as_str());
    let once = match begin_once(&deps, brand.id, actor, request.intent.as_ref()).await? {
        Begin::First(once) => once,
        Begin::Again { status, answer } => return replay(status, answer),
    };
    let update = Update { deps: &deps, brand, terms: &body.terms, if_match, once: &once, effect };
    let outcome = update.save(id).await;
    once.finish(&deps, outcome).await
}

/// One update, to be made again where another change gets in between.
struct Update<'a> {
    deps: &'a Deps,
    brand: &'a Brand,
    terms: &'a QuoteTerms,
    if_match: IfMatch,
    once: &'a Once,
    effect: Effect,
}

impl Decide for Update<'_> {
    type Outcome = LoanView;
    type Error = ApiError;

    async fn decide<'t>(
        &self,
        change: &mut LoanChange,
        tx: Tx<'t>,
    ) -> Result<(LoanView, Tx<'t>), ApiError> {
        let Self { deps, brand, terms, once, .. } = *self;
        self.if_match.check(change.record.version)?;
        let (today, now) = (deps.today(brand), deps.now());
        let loan = &mut change.record.loan;
        let key = LoanTerms::key_of(brand.id, loan.id);
        let mut stored = deps
            .table
            .get::<LoanTerms>(&key, Consistency::Strong)
            .await?
            .ok_or_else(|| ApiError::internal(format!("{}: no terms are stored", loan.id)))?;
        let contract =
            terms.contract(brand, today).map_err(|error| invalid_terms(error, "terms."))?;
        may_change(loan.status(), &stored.terms, &contract.agreed)?;
        loan.principal = contract.amount_lent();
        loan.terms = servicing_terms(brand, contract.agreed.method, today)
            .map_err(|error| above_cap(&error))?;
        contract.rehearse(loan).map_err(|error| refused(&error))?;
        let effect = self
            .effect
            .clone()
            .before("total", stored.disclosed.total)
            .after("principal", loan.principal)
            .after("total", contract.quote.totals.total);
        change.record.plan = contract.plan();
        stored.disclosed = contract.disclosed();
        stored.terms = contract.agreed;
        let event = Event { brand: brand.id, id: AuditId::new(deps.ulid()), at: now, effect };
        let view = LoanView::new(&change.record, today, false);
        let tx = tx.replace("terms", &mut stored).create("event", &event);
        let (view, tx) = if change.is_unchanged() {
            // Terms with other dates may leave the loan's own item as it is; it must not be activated
            // meanwhile all the same.
            let unchanged = Condition::equals("v", change.record.version)?;
            (view, tx.check("loan", &change.record.key(), &unchanged))
        } else {
            (view.stored(), tx)
        };
        let tx = once.complete(tx, StatusCode::OK, &view)?;
        Ok((view, tx))
    }
}

impl Update<'_> {
    async fn save(&self, id: LoanId) -> Result<(StatusCode, LoanView), ApiError> {
        let (today, now) = (self.deps.today(self.brand), self.deps.now());
        Loans::new(&self.deps.table)
            .decide(self.brand, id, today, now, self)
            .await?
            .map(|view| (StatusCode::OK, view))
            .ok_or_else(ApiError::not_found)
    }
}

fn may_change(status: Status, before: &QuoteTerms, after: &QuoteTerms) -> Result<(), ApiError> {
    match status {
        Status::Open => Ok(()),
        Status::Approved => {
            let undated = |terms: &QuoteTerms| QuoteTerms {
                disbursement_date: None,
                first_due_date: None,
                ..terms.clone()
            };
            if undated(before) == undated(after) {
                return Ok(());
            }
            let message = "an approved loan takes only other dates; what was approved is the rest";
            Err(ApiError::conflict(message))
        }
        Status::Active
        | Status::Paid
        | Status::Unapproved
        | Status::Renegotiated
        | Status::Lost => {
            Err(ApiError::conflict(format!("the terms of a loan that is {status} do not change")))
        }
    }
}
