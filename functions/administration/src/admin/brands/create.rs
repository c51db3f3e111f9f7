use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use domain::jurisdiction::Jurisdiction;
use domain::money::Currency;
use garde::Validate;
use platform::Deps;
use platform::auth::SuperAdmin;
use platform::http::{ApiError, Begin, ErrorBody, MaybeIdempotent, RequestId, begin_once, replay};
use platform::store::{Author, Brand, Consistency};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{BrandSettings, BrandView, NewBrand, schedules, store_new};
use crate::admin::etag::etag;

/// A brand to create; country, currency and shards stay as they are.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub struct CreateBrand {
    /// ISO 3166-1 alpha-2 of the country whose law applies: BR or IN.
    #[schema(value_type = String, example = "BR")]
    pub country: Jurisdiction,
    /// ISO 4217.
    #[schema(value_type = String, example = "BRL")]
    pub currency: Currency,
    /// Over how many parts the loans are spread, from 1 to 64: one for each 5,000 or so.
    #[serde(default)]
    pub shards: Option<u16>,
    #[garde(dive)]
    pub settings: BrandSettings,
}

/// Creates a brand with the schedules of its jobs in its timezone. Where the scheduler does not
/// answer (503), the same request with the same `Idempotency-Key` completes the brand.
#[utoipa::path(
    post,
    path = "/api/v1/admin/brands",
    tag = "admin",
    request_body = CreateBrand,
    params(("Idempotency-Key" = Option<String>, Header, description = "names this intent")),
    responses(
        (status = 201, description = "the new brand", body = BrandView),
        (status = 422, description = "the key was used for another request", body = ErrorBody)
    )
)]
pub(in crate::admin) async fn create(
    SuperAdmin(actor): SuperAdmin,
    State(deps): State<Deps>,
    request: RequestId,
    MaybeIdempotent { intent, body }: MaybeIdempotent<CreateBrand>,
) -> Result<Response, ApiError> {
    let once = match begin_once(&deps, Brand::PLATFORM, actor.id, intent.as_ref()).await? {
        Begin::First(once) => once,
        Begin::Again { status, answer } => {
            complete(&deps, &answer).await?;
            return replay(status, answer);
        }
    };
    let CreateBrand { country, currency, shards, settings } = body;
    let new = NewBrand { country, currency, shards, settings };
    let author = Author::of_request(&actor, &request);
    let stored = store_new(&deps, &author, new, |tx, brand| {
        once.complete(tx, StatusCode::CREATED, &BrandView::of(brand)?)
    })
    .await;
    let brand = match stored {
        Ok(brand) => brand,
        Err(error) => {
            once.give_back(&deps).await;
            return Err(error);
        }
    };
    schedules::put_all(&deps, &brand).await?;
    Ok((StatusCode::CREATED, etag(brand.version), Json(BrandView::of(&brand)?)).into_response())
}

/// Gives a brand that was answered before the schedules that it may still lack.
async fn complete(deps: &Deps, answer: &str) -> Result<(), ApiError> {
    let view: BrandView =
        serde_json::from_str(answer).map_err(|error| ApiError::internal_from(&error))?;
    let brand = deps.table.get(&Brand::key_of(view.id), Consistency::Strong).await?;
    let brand: Brand = brand.ok_or_else(|| ApiError::internal("a created brand is missing"))?;
    schedules::put_all(deps, &brand).await
}
