use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use domain::ids::LoanId;
use garde::Validate;
use platform::Deps;
use platform::auth::Allowed;
use platform::auth::permission::WriteOffLoans;
use platform::http::{ApiError, Begin, Idempotent, Once, Path, RequestId, begin_once, replay};
use platform::servicing::{Entered, post_write_off};
use platform::store::{Author, Brand, Decide, LoanChange, Loans, Tx};
use platform::views::LoanView;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

const REASON_LIMIT_CHARS: usize = 500;

/// Why a loan is given up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewWriteOff {
    #[garde(length(chars, min = 1, max = REASON_LIMIT_CHARS))]
    #[schema(min_length = 1, max_length = 500)]
    pub reason: String,
}

/// Gives an active loan up as lost, as of today.
///
/// Mora and messages stop, and what is owed stays recoverable: payments from now on are recoveries,
/// and when all of it is paid, the loan is paid.
#[utoipa::path(post, path = "/api/v1/partner/brand/{brandId}/collection/{loanId}/writeoff",
    operation_id = "write_off_loan", tag = "collections",
    params(("Idempotency-Key" = String, Header, description = "the client's name for this write-off")),
    request_body = NewWriteOff,
    responses((status = 200, description = "the loan as it is now", body = LoanView),
        (status = 409, description = "the loan is not active"),
        (status = 422, description = "the key was used for another request")))]
pub async fn write_off(
    allowed: Allowed<WriteOffLoans>,
    State(deps): State<Deps>,
    request_id: RequestId,
    Path(id): Path<LoanId>,
    request: Idempotent<NewWriteOff>,
) -> Result<Response, ApiError> {
    let Allowed { actor, brand, .. } = allowed;
    let Idempotent { intent, body } = request;
    let once = match begin_once(&deps, brand.id, actor.id, Some(&intent)).await? {
        Begin::First(once) => once,
        Begin::Again { status, answer } => return replay(status, answer),
    };
    let effect = Author::of_request(&actor, &request_id)
        .effect("loans:write-off", id)
        .reason(Some(body.reason));
    let entered = Entered::now(&deps, effect);
    let giving_up = GivingUp { deps: &deps, brand: &brand, once: &once, entered };
    let (today, at) = (deps.today(&brand), giving_up.entered.at);
    let given_up = Loans::new(&deps.table)
        .decide(&brand, id, today, at, &giving_up)
        .await
        .and_then(|view| view.ok_or_else(ApiError::not_found));
    once.finish(&deps, given_up.map(|view| (StatusCode::OK, view))).await
}

/// One write-off, to be made again where another change of the loan gets in between.
struct GivingUp<'a> {
    deps: &'a Deps,
    brand: &'a Brand,
    once: &'a Once,
    entered: Entered,
}

impl Decide for GivingUp<'_> {
    type Outcome = LoanView;
    type Error = ApiError;

    async fn decide<'t>(
        &self,
        change: &mut LoanChange,
        tx: Tx<'t>,
    ) -> Result<(LoanView, Tx<'t>), ApiError> {
        let (loans, today) = (Loans::new(&self.deps.table), self.deps.today(self.brand));
        let loan = &change.record.loan;
        let effect = self.entered.effect.clone();
        let effect = effect.before("stage", loan.stage).after("owed", loan.owed(today).total());
        let entered = Entered { effect, ..self.entered.clone() };
        post_write_off(&loans, change, today, entered).await?;
        let view = LoanView::new(&change.record, today, false).stored();
        let tx = self.once.complete(tx, StatusCode::OK, &view)?;
        Ok((view, tx))
    }
}
