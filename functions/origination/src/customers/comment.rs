use axum::extract::State;
use axum::response::Response;
use domain::ids::CustomerId;
use platform::Deps;
use platform::auth::Allowed;
use platform::auth::permission::Comment;
use platform::http::{ApiError, MaybeIdempotent, Path, RequestId};
use platform::store::Subject;

use crate::comment::{self, CommentView, CreateComment};

/// Comment on a customer
#[utoipa::path(
    post,
    path = "/api/v1/partner/brand/{brandId}/customers/{userId}/comments",
    operation_id = "create_customer_comment",
    tag = "customers",
    request_body = CreateComment,
    params(("Idempotency-Key" = Option<String>, Header, description = "names this intent")),
    responses((status = 201, description = "the comment", body = CommentView))
)]
pub(super) async fn create(
    allowed: Allowed<Comment>,
    State(deps): State<Deps>,
    Path(id): Path<CustomerId>,
    request_id: RequestId,
    request: MaybeIdempotent<CreateComment>,
) -> Result<Response, ApiError> {
    let brand = &allowed.brand;
    let on = Subject::Customer(id);
    comment::create(&deps, brand, allowed.actor.id, on, request, &request_id).await
}
