use axum::Json;
use axum::extract::State;
use domain::ids::CustomerId;
use garde::Validate;
use platform::Deps;
use platform::auth::permission::ReadCustomers;
use platform::auth::{Allowed, Permission};
use platform::documents::link;
use platform::http::{ApiError, Page, Path, Query, RequestId};
use platform::store::{Author, Customers, Document, Event};
use serde::Deserialize;
use utoipa::IntoParams;

use super::DocumentView;

/// How documents are to be listed.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
#[garde(allow_unvalidated)]
pub struct ListDocuments {
    /// With links to the contents; needs `documents:review`, and is audited.
    #[serde(default)]
    pub links: bool,
}

/// List a customer's documents
///
/// All of them, newest first.
#[utoipa::path(
    get,
    path = "/api/v1/partner/brand/{brandId}/customers/{userId}/documents",
    operation_id = "list_customer_documents",
    tag = "customers",
    params(ListDocuments),
    responses((status = 200, description = "the documents", body = Page<DocumentView>))
)]
pub async fn list(
    allowed: Allowed<ReadCustomers>,
    State(deps): State<Deps>,
    Path(customer): Path<CustomerId>,
    Query(query): Query<ListDocuments>,
    request_id: RequestId,
) -> Result<Json<Page<DocumentView>>, ApiError> {
    let brand = &allowed.brand;
    if query.links {
        allowed.require(Permission::ReviewDocuments)?;
    }
    let stored = Customers::new(&deps).stored(brand.id, customer).await?;
    stored.ok_or_else(ApiError::not_found)?;
    let documents = Document::all(&deps.table, brand.id, customer).await?;
    if query.links {
        let author = Author::of_request(&allowed.actor, &request_id);
        let effect = author.effect("documents:read", customer).after("count", documents.len());
        deps.table.create(&Event::new(&deps, Some(brand.id), effect)).await?;
    }
    let mut items = Vec::with_capacity(documents.len());
    for document in documents.iter().rev() {
        let mut view = DocumentView::from(document);
        if query.links {
            view.url = link(&deps, document).await?;
        }
        items.push(view);
    }
    Ok(Json(Page { items, next_cursor: None }))
}
