//! Documents of a customer: announced, sent to the bucket, looked at.

pub(super) mod complete;
pub(super) mod create;
pub(super) mod list;
pub(super) mod review;
mod view;

use domain::ids::{CustomerId, DocumentId};
use platform::Deps;
use platform::http::{ApiError, Once};
use platform::store::{Brand, Consistency, Document, Effect, Event};
use serde::Deserialize;

pub(super) use view::DocumentView;

/// What a path below a customer's documents names.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DocumentPath {
    user_id: CustomerId,
    document_id: DocumentId,
}

impl DocumentPath {
    async fn load(self, deps: &Deps, brand: &Brand) -> Result<Document, ApiError> {
        let key = Document::key_of(brand.id, self.user_id, self.document_id);
        let document = deps.table.get(&key, Consistency::Strong).await?;
        document.ok_or_else(ApiError::not_found)
    }
}

/// Stores what became of a document, with the event and the answer.
async fn save(
    deps: &Deps,
    brand: &Brand,
    once: &Once,
    document: &mut Document,
    effect: Option<Effect>,
) -> Result<DocumentView, ApiError> {
    let mut tx = deps.table.tx();
    if let Some(effect) = effect {
        let effect = effect.after("document", document.id).after("status", document.status.text());
        tx = tx.create("event", &Event::new(deps, Some(brand.id), effect));
        tx = tx.replace("document", document);
    }
    let view = DocumentView::from(&*document);
    once.complete(tx, http::StatusCode::OK, &view)?.commit().await?;
    Ok(view)
}
