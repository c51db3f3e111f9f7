use axum::extract::State;
use axum::response::Response;
use domain::ids::{CustomerId, DocumentId};
use garde::Validate;
use http::StatusCode;
use platform::Deps;
use platform::auth::Allowed;
use platform::auth::permission::ManageCustomers;
use platform::documents::{Upload, upload};
use platform::http::{ApiError, ErrorBody, MaybeIdempotent, Path, RequestId, once};
use platform::store::{
    Author, ContentType, Customers, DOCUMENT_LIMIT_BYTES, DOCUMENTS_LIMIT, Document, DocumentKind,
    DocumentStatus, Event,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::super::erased;
use super::{DocumentView, not_saved};

/// A document to be sent.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub struct CreateDocument {
    pub kind: DocumentKind,
    pub content_type: ContentType,
    /// At most 10 MiB.
    #[garde(range(min = 1, max = DOCUMENT_LIMIT_BYTES))]
    #[schema(example = 184_320)]
    pub size_bytes: u64,
}

/// An announced document, and where its content is to be sent.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CreatedDocument {
    pub document: DocumentView,
    pub upload: Upload,
}

/// Announce a document
///
/// The answer says where to send its content, within 15 minutes; what was sent counts once
/// `complete` has looked at it.
#[utoipa::path(
    post,
    path = "/api/v1/partner/brand/{brandId}/customers/{userId}/documents",
    operation_id = "create_customer_document",
    tag = "customers",
    request_body = CreateDocument,
    params(("Idempotency-Key" = Option<String>, Header, description = "names this intent")),
    responses(
        (status = 201, description = "the announced document", body = CreatedDocument),
        (status = 409, description = "the customer has too many, or was erased", body = ErrorBody),
    )
)]
pub async fn create(
    allowed: Allowed<ManageCustomers>,
    State(deps): State<Deps>,
    Path(customer): Path<CustomerId>,
    request_id: RequestId,
    request: MaybeIdempotent<CreateDocument>,
) -> Result<Response, ApiError> {
    let (brand, actor, body) = (&allowed.brand, &allowed.actor, request.body);
    once(&deps, brand.id, actor.id, request.intent.as_ref(), async |once| {
        let stored = Customers::new(&deps).stored(brand.id, customer).await?;
        if stored.ok_or_else(ApiError::not_found)?.is_erased() {
            return Err(erased());
        }
        if Document::all(&deps.table, brand.id, customer).await?.len() >= DOCUMENTS_LIMIT {
            return Err(ApiError::conflict("the customer has too many documents"));
        }
        let mut document = Document {
            brand: brand.id,
            customer,
            id: DocumentId::new(deps.ulid()),
            version: 0,
            kind: body.kind,
            content_type: body.content_type,
            size_bytes: body.size_bytes,
            status: DocumentStatus::Pending,
            requested_by: actor.id.to_string(),
            created_at: deps.now(),
            uploaded_at: None,
            review: None,
        };
        let effect = Author::of_request(actor, &request_id)
            .effect("documents:announce", customer)
            .after("document", document.id);
        let upload = upload(&deps, &document).await?;
        let tx = Customers::demand(deps.table.tx(), brand.id, customer);
        let tx = tx.replace("document", &mut document);
        let tx = tx.create("event", &Event::new(&deps, Some(brand.id), effect));
        let view = CreatedDocument { document: DocumentView::from(&document), upload };
        let committed = once.complete(tx, StatusCode::CREATED, &view)?.commit().await;
        committed.map_err(not_saved)?;
        Ok((StatusCode::CREATED, view))
    })
    .await
}
