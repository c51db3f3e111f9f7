use axum::extract::State;
use axum::response::Response;
use domain::ids::{AuditId, LoanId, StaffId};
use garde::Validate;
use http::StatusCode;
use platform::Deps;
use platform::auth::Allowed;
use platform::auth::permission::Allocate;
use platform::http::{
    ApiError, Begin, IfMatch, MaybeIdempotent, Once, Path, RequestId, begin_once, replay,
};
use platform::store::{Brand, Decide, Effect, Event, LoanChange, Loans, StaffUser, Tx};
use platform::views::LoanView;
use serde::Deserialize;
use utoipa::ToSchema;

const REASON_LIMIT_CHARS: usize = 500;

/// Who is to look after a loan.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub struct AllocateLoan {
    /// Null takes the loan from whoever has it.
    #[schema(value_type = Option<String>)]
    pub staff_id: Option<StaffId>,
    #[serde(default)]
    #[garde(length(chars, min = 1, max = REASON_LIMIT_CHARS))]
    pub reason: Option<String>,
}

/// Give a loan to a member of staff
#[utoipa::path(
    post,
    path = "/api/v1/partner/brand/{brandId}/loans/{loanId}/allocate",
    tag = "loans",
    request_body = AllocateLoan,
    params(
        ("Idempotency-Key" = Option<String>, Header, description = "names this intent"),
        ("If-Match" = Option<String>, Header, description = "the version that was seen"),
    ),
    responses((status = 200, description = "the loan as it is now", body = LoanView))
)]
pub(super) async fn allocate(
    allowed: Allowed<Allocate>,
    State(deps): State<Deps>,
    Path(id): Path<LoanId>,
    if_match: IfMatch,
    request_id: RequestId,
    request: MaybeIdempotent<AllocateLoan>,
) -> Result<Response, ApiError> {
    let (brand, actor, body) = (&allowed.brand, allowed.actor.id, &request.body);
    let effect = Effect::new(actor.to_string(), "loans:allocate", id)
        .after("owner", name(body.staff_id))
        .reason(body.reason.clone())
        .request(request_id.as_str());
    if let Some(id) = body.staff_id {
        require_colleague(&deps, brand, id).await?;
    }
    let once = match begin_once(&deps, brand.id, actor, request.intent.as_ref()).await? {
        Begin::First(once) => once,
        Begin::Again { status, answer } => return replay(status, answer),
    };
    let allocation =
        Allocation { deps: &deps, brand, owner: body.staff_id, if_match, once: &once, effect };
    let outcome = allocation.save(id).await;
    once.finish(&deps, outcome).await
}

/// 400 where it is nobody who works for the brand.
async fn require_colleague(deps: &Deps, brand: &Brand, id: StaffId) -> Result<(), ApiError> {
    let user = StaffUser::load(&deps.table, id).await?;
    if user.is_some_and(|user| user.works_for(brand.id)) {
        return Ok(());
    }
    Err(ApiError::invalid_field("staffId", "is no active member of the brand's staff"))
}

/// One allocation, to be made again where another change gets in between.
struct Allocation<'a> {
    deps: &'a Deps,
    brand: &'a Brand,
    owner: Option<StaffId>,
    if_match: IfMatch,
    once: &'a Once,
    effect: Effect,
}

impl Decide for Allocation<'_> {
    type Outcome = LoanView;
    type Error = ApiError;

    async fn decide<'t>(
        &self,
        change: &mut LoanChange,
        tx: Tx<'t>,
    ) -> Result<(LoanView, Tx<'t>), ApiError> {
        self.if_match.check(change.record.version)?;
        let before = std::mem::replace(&mut change.record.owner, self.owner);
        let view = LoanView::new(&change.record, self.deps.today(self.brand), false);
        if before == self.owner {
            let tx = self.once.complete(tx, StatusCode::OK, &view)?;
            return Ok((view, tx));
        }
        let effect = self.effect.clone().before("owner", name(before));
        let id = AuditId::new(self.deps.ulid());
        let event = Event { brand: self.brand.id, id, at: self.deps.now(), effect };
        let view = view.stored();
        let tx = self.once.complete(tx.create("event", &event), StatusCode::OK, &view)?;
        Ok((view, tx))
    }
}

impl Allocation<'_> {
    async fn save(&self, id: LoanId) -> Result<(StatusCode, LoanView), ApiError> {
        let (today, now) = (self.deps.today(self.brand), self.deps.now());
        Loans::new(&self.deps.table)
            .decide(self.brand, id, today, now, self)
            .await?
            .map(|view| (StatusCode::OK, view))
            .ok_or_else(ApiError::not_found)
    }
}

fn name(owner: Option<StaffId>) -> String {
    owner.map_or_else(|| "nobody".to_owned(), String::from)
}
