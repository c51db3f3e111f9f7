use axum::extract::State;
use axum::response::Response;
use domain::ids::{LoanId, StaffId};
use garde::Validate;
use http::StatusCode;
use platform::Deps;
use platform::allocation::Allocation;
use platform::auth::Allowed;
use platform::auth::permission::Allocate;
use platform::http::{
    ApiError, Begin, IfMatch, MaybeIdempotent, Path, RequestId, begin_once, replay,
};
use platform::store::{Brand, Effect, StaffUser};
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
        .reason(body.reason.clone())
        .request(request_id.as_str());
    if let Some(id) = body.staff_id {
        require_colleague(&deps, brand, id).await?;
    }
    let once = match begin_once(&deps, brand.id, actor, request.intent.as_ref()).await? {
        Begin::First(once) => once,
        Begin::Again { status, answer } => return replay(status, answer),
    };
    let (owner, once_of) = (body.staff_id, Some(&once));
    let allocation = Allocation { deps: &deps, brand, owner, if_match, once: once_of, effect };
    let outcome = match allocation.save(id).await {
        Ok(Some(allocated)) => Ok((StatusCode::OK, allocated.loan)),
        Ok(None) => Err(ApiError::not_found()),
        Err(error) => Err(error),
    };
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
