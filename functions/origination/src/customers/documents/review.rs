use axum::extract::State;
use axum::response::Response;
use garde::Validate;
use http::StatusCode;
use platform::Deps;
use platform::auth::Allowed;
use platform::auth::permission::ReviewDocuments;
use platform::documents::illegal;
use platform::http::{ApiError, ErrorBody, MaybeIdempotent, Path, RequestId, once};
use platform::store::{Author, DocumentStatus, Review};
use serde::Deserialize;
use utoipa::ToSchema;

use super::super::REASON_LIMIT_CHARS;
use super::{DocumentPath, DocumentView, save};

/// What is said of a document that is accepted.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct VerifyDocument {
    #[serde(default)]
    #[garde(length(chars, min = 1, max = REASON_LIMIT_CHARS))]
    pub reason: Option<String>,
}

/// Why a document is not accepted.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RejectDocument {
    #[garde(length(chars, min = 1, max = REASON_LIMIT_CHARS))]
    pub reason: String,
}

/// Verify a document
#[utoipa::path(
    post,
    path = "/api/v1/partner/brand/{brandId}/customers/{userId}/documents/{documentId}/verify",
    operation_id = "verify_customer_document",
    tag = "customers",
    request_body = VerifyDocument,
    params(("Idempotency-Key" = Option<String>, Header, description = "names this intent")),
    responses(
        (status = 200, description = "the document as it is now", body = DocumentView),
        (status = 409, description = "there is no content yet", body = ErrorBody),
    )
)]
pub async fn verify(
    allowed: Allowed<ReviewDocuments>,
    State(deps): State<Deps>,
    Path(path): Path<DocumentPath>,
    request_id: RequestId,
    request: MaybeIdempotent<VerifyDocument>,
) -> Result<Response, ApiError> {
    let MaybeIdempotent { intent, body } = request;
    let verdict =
        Verdict { to: DocumentStatus::Verified, action: "documents:verify", reason: body.reason };
    verdict.save(&allowed, &deps, path, &request_id, intent.as_ref()).await
}

/// Reject a document
#[utoipa::path(
    post,
    path = "/api/v1/partner/brand/{brandId}/customers/{userId}/documents/{documentId}/reject",
    operation_id = "reject_customer_document",
    tag = "customers",
    request_body = RejectDocument,
    params(("Idempotency-Key" = Option<String>, Header, description = "names this intent")),
    responses(
        (status = 200, description = "the document as it is now", body = DocumentView),
        (status = 409, description = "there is no content yet", body = ErrorBody),
    )
)]
pub async fn reject(
    allowed: Allowed<ReviewDocuments>,
    State(deps): State<Deps>,
    Path(path): Path<DocumentPath>,
    request_id: RequestId,
    request: MaybeIdempotent<RejectDocument>,
) -> Result<Response, ApiError> {
    let MaybeIdempotent { intent, body } = request;
    let reason = Some(body.reason);
    let verdict = Verdict { to: DocumentStatus::Rejected, action: "documents:reject", reason };
    verdict.save(&allowed, &deps, path, &request_id, intent.as_ref()).await
}

struct Verdict {
    to: DocumentStatus,
    action: &'static str,
    reason: Option<String>,
}

impl Verdict {
    /// A verdict that was given before changes nothing.
    async fn save(
        self,
        allowed: &Allowed<ReviewDocuments>,
        deps: &Deps,
        path: DocumentPath,
        request_id: &RequestId,
        intent: Option<&platform::http::Intent>,
    ) -> Result<Response, ApiError> {
        let (brand, actor) = (&allowed.brand, &allowed.actor);
        once(deps, brand.id, actor.id, intent, async |once| {
            let mut document = path.load(deps, brand).await?;
            let mut effect = None;
            if document.step(self.to).map_err(illegal)? {
                let (by, at) = (actor.id.to_string(), deps.now());
                document.review = Some(Review { by, at, reason: self.reason.clone() });
                let author = Author::of_request(actor, request_id);
                let done = author.effect(self.action, document.customer);
                effect = Some(done.reason(self.reason.clone()));
            }
            let view = save(deps, brand, once, &mut document, effect).await?;
            Ok((StatusCode::OK, view))
        })
        .await
    }
}
