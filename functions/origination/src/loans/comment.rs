use axum::Json;
use axum::extract::State;
use axum::response::Response;
use domain::ids::LoanId;
use platform::Deps;
use platform::auth::Allowed;
use platform::auth::permission::{Comment, ReadLoans};
use platform::http::{ApiError, List, MaybeIdempotent, Page, PageParams, Path, RequestId};
use platform::store::{Loans, Subject};

use crate::comment::{self, CommentView, CreateComment};

/// List the comments on a loan
///
/// Newest first.
#[utoipa::path(
    get,
    path = "/api/v1/partner/brand/{brandId}/loans/{loanId}/comments",
    operation_id = "list_loan_comments",
    tag = "loans",
    params(PageParams),
    responses((status = 200, description = "one page of comments", body = Page<CommentView>))
)]
pub(super) async fn list(
    allowed: Allowed<ReadLoans>,
    State(deps): State<Deps>,
    Path(id): Path<LoanId>,
    list: List,
) -> Result<Json<Page<CommentView>>, ApiError> {
    let record = Loans::new(&deps.table).get(allowed.brand.id, id).await?;
    record.ok_or_else(ApiError::not_found)?;
    comment::page(&deps, &allowed.brand, Subject::Loan(id), list).await.map(Json)
}

/// Comment on a loan
#[utoipa::path(
    post,
    path = "/api/v1/partner/brand/{brandId}/loans/{loanId}/comments",
    operation_id = "create_loan_comment",
    tag = "loans",
    request_body = CreateComment,
    params(("Idempotency-Key" = Option<String>, Header, description = "names this intent")),
    responses((status = 201, description = "the comment", body = CommentView))
)]
pub(super) async fn create(
    allowed: Allowed<Comment>,
    State(deps): State<Deps>,
    Path(id): Path<LoanId>,
    request_id: RequestId,
    request: MaybeIdempotent<CreateComment>,
) -> Result<Response, ApiError> {
    let brand = &allowed.brand;
    let on = Subject::Loan(id);
    comment::create(&deps, brand, allowed.actor.id, on, request, &request_id).await
}
