use domain::ids::DocumentId;
use jiff::Timestamp;
use platform::store::{ContentType, Document, DocumentKind, DocumentStatus};
use serde::Serialize;
use utoipa::ToSchema;

/// A document of a customer.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CustomerDocument)]
pub struct DocumentView {
    #[schema(value_type = String, example = "doc_01JZ0000000000000000000000")]
    pub id: DocumentId,
    pub kind: DocumentKind,
    pub content_type: ContentType,
    pub size_bytes: u64,
    pub status: DocumentStatus,
    /// Who announced it.
    pub requested_by: String,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub uploaded_at: Option<Timestamp>,
    /// Who verified or rejected it.
    pub reviewed_by: Option<String>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub reviewed_at: Option<Timestamp>,
    pub reason: Option<String>,
    /// A link to the content, good for five minutes, where it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    pub version: u64,
}

impl From<&Document> for DocumentView {
    fn from(document: &Document) -> Self {
        let review = document.review.as_ref();
        Self {
            id: document.id,
            kind: document.kind,
            content_type: document.content_type,
            size_bytes: document.size_bytes,
            status: document.status,
            requested_by: document.requested_by.clone(),
            created_at: document.created_at,
            uploaded_at: document.uploaded_at,
            reviewed_by: review.map(|review| review.by.clone()),
            reviewed_at: review.map(|review| review.at),
            reason: review.and_then(|review| review.reason.clone()),
            url: None,
            version: document.version,
        }
    }
}
