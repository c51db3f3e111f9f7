//! Comments on customers and loans.

use axum::response::Response;
use domain::ids::{AuditId, CommentId};
use garde::Validate;
use http::StatusCode;
use jiff::Timestamp;
use platform::Deps;
use platform::auth::ActorId;
use platform::http::{ApiError, List, MaybeIdempotent, Page, RequestId, once};
use platform::store::{
    Brand, Comment, Condition, Consistency, Customer, Customers, Effect, Event, Key, LoanRecord,
    Range, StoreError, StoredCustomer, Subject,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::customers::erased;

const TEXT_LIMIT_CHARS: usize = 2_000;

/// A comment to be written.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateComment {
    #[garde(length(chars, min = 1, max = TEXT_LIMIT_CHARS))]
    pub text: String,
}

/// What a person of the brand noted.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Comment)]
pub struct CommentView {
    #[schema(value_type = String, example = "cmt_01JZ0000000000000000000000")]
    pub id: CommentId,
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    #[schema(value_type = String, example = "staff_01JZ0000000000000000000000")]
    pub author: ActorId,
    pub text: String,
}

impl From<Comment> for CommentView {
    fn from(comment: Comment) -> Self {
        let Comment { id, at, author, text, .. } = comment;
        Self { id, at, author, text }
    }
}

/// Notes a comment; 404 where what it is about is not there, 409 where the customer was erased.
pub(crate) async fn create(
    deps: &Deps,
    brand: &Brand,
    actor: ActorId,
    subject: Subject,
    request: MaybeIdempotent<CreateComment>,
    request_id: &RequestId,
) -> Result<Response, ApiError> {
    once(deps, brand.id, actor, request.intent.as_ref(), async |once| {
        let (id, at) = (CommentId::new(deps.ulid()), deps.now());
        let (action, entity) = match subject {
            Subject::Customer(id) => ("customers:comment", id.to_string()),
            Subject::Loan(id) => ("loans:comment", id.to_string()),
        };
        let text = request.body.text;
        let comment = Comment { brand: brand.id, subject, id, at, author: actor, text };
        let effect = Effect::new(actor.to_string(), action, entity)
            .after("comment", id)
            .request(request_id.as_str());
        let event = Event { brand: brand.id, id: AuditId::new(deps.ulid()), at, effect };
        let (tx, on) = match subject {
            Subject::Customer(id) => {
                (Customers::demand(deps.table.tx(), brand.id, id), Customer::key_of(brand.id, id))
            }
            Subject::Loan(id) => {
                let on = LoanRecord::key_of(brand.id, id);
                (deps.table.tx().check("loan", &on, &Condition::present()), on)
            }
        };
        let tx = tx.create("comment", &comment).create("event", &event);
        let view = CommentView::from(comment);
        match once.complete(tx, StatusCode::CREATED, &view)?.commit().await {
            Ok(()) => Ok((StatusCode::CREATED, view)),
            Err(error) if error.is_conflict_on("loan") => Err(ApiError::not_found()),
            Err(error) if error.is_conflict_on("customer") => Err(missing(deps, &on).await?),
            Err(error) => Err(error.into()),
        }
    })
    .await
}

/// Why nothing is noted on a customer.
async fn missing(deps: &Deps, customer: &Key) -> Result<ApiError, StoreError> {
    let stored: Option<StoredCustomer> = deps.table.get(customer, Consistency::Strong).await?;
    Ok(stored.map_or_else(ApiError::not_found, |_| erased()))
}

/// One page of the comments on a record, newest first.
pub(crate) async fn page(
    deps: &Deps,
    brand: &Brand,
    subject: Subject,
    list: List,
) -> Result<Page<CommentView>, ApiError> {
    let range =
        Range::partition(subject.partition(brand.id)).prefix(Comment::SORT_PREFIX).descending();
    let slice = deps.table.query::<Comment>(&range, list.limit, list.after.clone()).await?;
    list.page(slice, CommentView::from)
}
