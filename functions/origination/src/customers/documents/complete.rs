use axum::extract::State;
use axum::response::Response;
use garde::Validate;
use http::StatusCode;
use platform::Deps;
use platform::auth::Allowed;
use platform::auth::permission::ManageCustomers;
use platform::documents::{discard_upload, take_in};
use platform::http::{ApiError, ErrorBody, MaybeIdempotent, Path, RequestId, once};
use platform::store::Author;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{DocumentPath, DocumentView, save};

/// Nothing more is to be said.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CompleteDocument {}

/// Take in the content of a document
///
/// Looks whether it was sent, at its size, and by its content at its type.
#[utoipa::path(
    post,
    path = "/api/v1/partner/brand/{brandId}/customers/{userId}/documents/{documentId}/complete",
    operation_id = "complete_customer_document",
    tag = "customers",
    request_body = CompleteDocument,
    params(("Idempotency-Key" = Option<String>, Header, description = "names this intent")),
    responses(
        (status = 200, description = "the document as it is now", body = DocumentView),
        (status = 409, description = "nothing was sent, or something else", body = ErrorBody),
    )
)]
pub async fn complete(
    allowed: Allowed<ManageCustomers>,
    State(deps): State<Deps>,
    Path(path): Path<DocumentPath>,
    request_id: RequestId,
    request: MaybeIdempotent<CompleteDocument>,
) -> Result<Response, ApiError> {
    let (brand, actor) = (&allowed.brand, &allowed.actor);
    once(&deps, brand.id, actor.id, request.intent.as_ref(), async |once| {
        let mut document = path.load(&deps, brand).await?;
        let is_new = take_in(&deps, &mut document).await?;
        let author = Author::of_request(actor, &request_id);
        let effect = is_new.then(|| author.effect("documents:upload", document.customer));
        let view = save(&deps, brand, once, &mut document, effect).await?;
        discard_upload(&deps, &document).await?;
        Ok((StatusCode::OK, view))
    })
    .await
}
