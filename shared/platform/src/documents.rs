//! Documents from the announcement to the content, for staff and for borrowers.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::Deps;
use crate::aws::BucketError;
use crate::http::ApiError;
use crate::store::{ContentType, Document, DocumentStatus, IllegalStep};

/// How long a content may be sent after it was announced.
const UPLOAD_LIFE: Duration = Duration::from_secs(900);
/// How long a link to a content is good for.
const LINK_LIFE: Duration = Duration::from_secs(300);

/// Where the content of an announced document is to be sent.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Upload {
    #[schema(example = "PUT")]
    pub method: &'static str,
    pub url: String,
    /// To be sent as they are; the body has exactly the announced size.
    pub headers: BTreeMap<String, String>,
    #[schema(value_type = String, format = DateTime)]
    pub expires_at: Timestamp,
}

/// Opens the way for an announced content: this type and this size, and nothing else.
pub async fn upload(deps: &Deps, document: &Document) -> Result<Upload, ApiError> {
    let content_type = document.content_type.text();
    let url = deps
        .bucket
        .presign_put(&document.upload_key(), content_type, document.size_bytes, UPLOAD_LIFE)
        .await
        .map_err(|error| unavailable(&error))?;
    let headers = BTreeMap::from([
        ("content-type".to_owned(), content_type.to_owned()),
        ("content-length".to_owned(), document.size_bytes.to_string()),
    ]);
    // The link ends by the bucket's clock, which is the wall's.
    let expires_at = deps.clock.wall() + UPLOAD_LIFE;
    Ok(Upload { method: "PUT", url, headers, expires_at })
}

/// Takes in the content that was sent: looks at it, and puts what it looked at where no link leads.
/// Answers false where that was done before.
///
/// Errors: 409 where nothing was sent, or something else than was announced.
pub async fn take_in(deps: &Deps, document: &mut Document) -> Result<bool, ApiError> {
    if !document.step(DocumentStatus::Uploaded).map_err(illegal)? {
        return Ok(false);
    }
    let content = match deps.bucket.get(&document.upload_key()).await {
        Ok(content) => content,
        Err(BucketError::NotFound) => return Err(ApiError::conflict("nothing was sent yet")),
        Err(error) => return Err(unavailable(&error)),
    };
    if u64::try_from(content.len()).ok() != Some(document.size_bytes) {
        return Err(ApiError::conflict("what was sent has another size"));
    }
    if ContentType::of_content(&content) != Some(document.content_type) {
        return Err(ApiError::conflict("what was sent is of another type"));
    }
    let content_type = document.content_type.text();
    deps.bucket
        .put(&document.content_key(), content_type, content)
        .await
        .map_err(|error| unavailable(&error))?;
    document.uploaded_at = Some(deps.now());
    Ok(true)
}

/// A link by which the bearer may read the content for five minutes; `None` where there is none.
pub async fn link(deps: &Deps, document: &Document) -> Result<Option<String>, ApiError> {
    if document.status == DocumentStatus::Pending {
        return Ok(None);
    }
    let url = deps.bucket.presign_get(&document.content_key(), LINK_LIFE).await;
    url.map(Some).map_err(|error| unavailable(&error))
}

/// Removes what was sent, once it was taken in.
pub async fn discard_upload(deps: &Deps, document: &Document) -> Result<(), ApiError> {
    deps.bucket.delete(&document.upload_key()).await.map_err(|error| unavailable(&error))
}

/// Removes the content, wherever it is.
pub async fn discard(deps: &Deps, document: &Document) -> Result<(), ApiError> {
    discard_upload(deps, document).await?;
    deps.bucket.delete(&document.content_key()).await.map_err(|error| unavailable(&error))
}

/// 409 with what the document's status allows.
pub fn illegal(error: IllegalStep) -> ApiError {
    let allowed = error.from.next().iter().map(|status| status.text());
    ApiError::conflict(error.to_string()).allowed(allowed)
}

fn unavailable(error: &BucketError) -> ApiError {
    ApiError::unavailable(error.to_string())
}
