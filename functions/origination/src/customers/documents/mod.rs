//! Documents of a customer: announced, sent to the bucket, looked at.

pub(super) mod complete;
pub(super) mod create;
pub(super) mod list;
pub(super) mod review;
mod view;

use domain::ids::{CustomerId, DocumentId};
use platform::Deps;
use platform::documents::discard;
use platform::http::{ApiError, Once};
use platform::store::{Brand, Consistency, Customers, Document, Effect, Event, StoreError};
use serde::Deserialize;

pub(super) use view::DocumentView;

use super::erased;

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
        tx = Customers::demand(tx, brand.id, document.customer);
        let effect = effect.after("document", document.id).after("status", document.status.text());
        tx = tx.create("event", &Event::new(deps, Some(brand.id), effect));
        tx = tx.replace("document", document);
    }
    let view = DocumentView::from(&*document);
    match once.complete(tx, http::StatusCode::OK, &view)?.commit().await {
        Ok(()) => Ok(view),
        Err(error) => {
            if error.is_conflict_on("customer") {
                // Whoever erased the customer may have looked before the content was there.
                discard(deps, document).await?;
            }
            Err(not_saved(error))
        }
    }
}

/// 409 where the customer was erased in the meantime.
fn not_saved(error: StoreError) -> ApiError {
    if error.is_conflict_on("customer") { erased() } else { error.into() }
}
