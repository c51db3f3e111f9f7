use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use domain::ids::ApiKeyId;
use garde::Validate;
use platform::Deps;
use platform::auth::permission::ManageApiKeys;
use platform::auth::{Allowed, Permission};
use platform::http::{ApiError, ErrorBody, FieldError, MaybeIdempotent, RequestId, once};
use platform::store::{API_KEYS_LIMIT, ApiKey, Author, Entity, Event, NewApiKey};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{NewApiKeyView, texts};

const NAME_LIMIT_CHARS: usize = 80;

/// A key to be made.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub struct CreateApiKey {
    /// Which system it is for.
    #[garde(length(chars, min = 1, max = NAME_LIMIT_CHARS))]
    #[schema(example = "accounting")]
    pub name: String,
    /// All that the key may do.
    #[garde(length(min = 1, max = Permission::ALL.len()))]
    pub permissions: Vec<Permission>,
}

/// Makes an API key, which may do no more than who makes it. The answer shows it, once.
#[utoipa::path(
    post,
    path = "/api/v1/partner/brand/{brandId}/api-keys",
    tag = "api-keys",
    request_body = CreateApiKey,
    params(("Idempotency-Key" = Option<String>, Header, description = "names this intent")),
    responses(
        (status = 201, description = "the key", body = NewApiKeyView),
        (status = 409, description = "the brand has as many keys as it may", body = ErrorBody),
        (status = 422, description = "the key was used for another request", body = ErrorBody)
    )
)]
pub(super) async fn create(
    allowed: Allowed<ManageApiKeys>,
    State(deps): State<Deps>,
    request: RequestId,
    MaybeIdempotent { intent, body }: MaybeIdempotent<CreateApiKey>,
) -> Result<Response, ApiError> {
    let author = Author::of_request(&allowed.actor, &request);
    check(&author, &body.permissions)?;
    let (brand, actor) = (allowed.brand.id, allowed.actor.id);
    once(&deps, brand, actor, intent.as_ref(), async |once| {
        let keys = deps.table.query_keys(&ApiKey::of_brand(brand), API_KEYS_LIMIT, None).await?;
        if keys.items.len() >= API_KEYS_LIMIT {
            let message = format!("a brand has no more than {API_KEYS_LIMIT} keys: remove one");
            return Err(ApiError::conflict(message));
        }
        let new = NewApiKey {
            id: ApiKeyId::new(deps.ulid()),
            brand,
            name: body.name.clone(),
            permissions: body.permissions.clone(),
            created_by: actor.to_string(),
            created_at: deps.now(),
        };
        let (mut key, text) = ApiKey::generate(deps.config.lookup_key.get()?, new)?;
        let effect = author.effect("api-keys:create", key.id);
        let effect = effect.after("permissions", texts(&key.permissions));
        let event = Event::new(&deps, Some(brand), effect);
        let tx = key.create_in(deps.table.tx()).create(Event::NAME, &event);
        let hidden = NewApiKeyView::hidden(&key);
        once.complete(tx, StatusCode::CREATED, &hidden)?.commit().await?;
        Ok((StatusCode::CREATED, NewApiKeyView::shown(&key, &text)))
    })
    .await
}

/// 400 for what no key may have or what is given twice, 403 for what the author has not.
fn check(author: &Author, permissions: &[Permission]) -> Result<(), ApiError> {
    let mut errors = Vec::new();
    for (index, permission) in permissions.iter().enumerate() {
        let mut wrong = |message: &str| {
            errors.push(FieldError::new(format!("permissions[{index}]"), message));
        };
        if !permission.is_for_keys() {
            wrong("is not for API keys");
        } else if permissions.iter().take(index).any(|earlier| earlier == permission) {
            wrong("is given twice");
        }
    }
    if !errors.is_empty() {
        return Err(ApiError::invalid(errors));
    }
    match permissions.iter().find(|permission| !author.may(**permission)) {
        None => Ok(()),
        Some(more) => Err(ApiError::forbidden(format!("this is not yours to give: {more}"))),
    }
}
