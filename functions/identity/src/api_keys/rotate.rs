use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::ids::ApiKeyId;
use platform::Deps;
use platform::auth::Allowed;
use platform::auth::permission::ManageApiKeys;
use platform::http::{ApiError, Path, RequestId};
use platform::store::{ApiKey, Author, Entity, Event, NewApiKey};

use super::{NewApiKeyView, of_brand};

/// Replaces a key by a new one of the same name and permissions, and revokes it, in one step: there
/// is no moment with both or neither. Takes no body.
#[utoipa::path(
    post,
    path = "/api/v1/partner/brand/{brandId}/api-keys/{keyId}/rotate",
    tag = "api-keys",
    responses((status = 201, description = "the new key", body = NewApiKeyView))
)]
pub(super) async fn rotate(
    allowed: Allowed<ManageApiKeys>,
    State(deps): State<Deps>,
    Path(id): Path<ApiKeyId>,
    request: RequestId,
) -> Result<(StatusCode, Json<NewApiKeyView>), ApiError> {
    let old = of_brand(&deps, allowed.brand.id, id).await?;
    let author = Author::of_request(&allowed.actor, &request);
    if let Some(more) = old.permissions.iter().find(|permission| !author.may(**permission)) {
        return Err(ApiError::forbidden(format!("this is not yours to give: {more}")));
    }
    let new = NewApiKey {
        id: ApiKeyId::new(deps.ulid()),
        brand: old.brand,
        name: old.name.clone(),
        permissions: old.permissions.clone(),
        created_by: allowed.actor.id.to_string(),
        created_at: deps.now(),
    };
    let (mut key, text) = ApiKey::generate(deps.config.lookup_key.get()?, new)?;
    let effect = author.effect("api-keys:rotate", old.id).after("replacedBy", key.id);
    let event = Event::new(&deps, Some(old.brand), effect);
    let tx = key.create_in(old.revoke_in(deps.table.tx())).create(Event::NAME, &event);
    match tx.commit().await {
        Err(error) if error.is_conflict_on(ApiKey::NAME) => Err(ApiError::not_found()),
        Err(error) => Err(error.into()),
        Ok(()) => Ok((StatusCode::CREATED, Json(NewApiKeyView::shown(&key, &text)))),
    }
}
