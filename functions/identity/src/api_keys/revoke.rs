use axum::extract::State;
use axum::http::StatusCode;
use domain::ids::ApiKeyId;
use platform::Deps;
use platform::auth::Allowed;
use platform::auth::permission::ManageApiKeys;
use platform::http::{ApiError, Path, RequestId};
use platform::store::{ApiKey, Author, Entity, Event};

use super::of_brand;

/// Revokes a key: the next call with it is refused.
#[utoipa::path(
    delete,
    path = "/api/v1/partner/brand/{brandId}/api-keys/{keyId}",
    tag = "api-keys",
    responses((status = 204, description = "revoked"))
)]
pub(super) async fn revoke(
    allowed: Allowed<ManageApiKeys>,
    State(deps): State<Deps>,
    Path(id): Path<ApiKeyId>,
    request: RequestId,
) -> Result<StatusCode, ApiError> {
    let key = of_brand(&deps, allowed.brand.id, id).await?;
    let effect = Author::of_request(&allowed.actor, &request).effect("api-keys:revoke", key.id);
    let event = Event::new(&deps, Some(key.brand), effect);
    match key.revoke_in(deps.table.tx()).create(Event::NAME, &event).commit().await {
        Err(error) if error.is_conflict_on(ApiKey::NAME) => Err(ApiError::not_found()),
        Err(error) => Err(error.into()),
        Ok(()) => Ok(StatusCode::NO_CONTENT),
    }
}
