use axum::Json;
use axum::extract::State;
use domain::jurisdiction::Jurisdiction;
use platform::Deps;
use platform::auth::Allowed;
use platform::auth::permission::AdministerPlatform;
use platform::http::{ApiError, Body, ErrorBody, IfMatch, RequestId};
use platform::store::{Author, Brand, Consistency, Entity, Event};

use crate::admin::brands::{BrandSettings, BrandView, schedules};
use crate::admin::etag::{ETag, etag};

/// Replaces a brand's settings, and brings its jobs' schedules to its timezone. Where the
/// scheduler does not answer (503) the settings are stored: sending them again completes it.
#[utoipa::path(
    put,
    path = "/api/v1/admin/settings/brand/{brandId}",
    tag = "admin",
    request_body = BrandSettings,
    params(("If-Match" = Option<String>, Header, description = "the ETag that was read")),
    responses(
        (status = 200, description = "the brand", body = BrandView),
        (status = 409, description = "changed meanwhile", body = ErrorBody)
    )
)]
pub(in crate::admin) async fn update(
    allowed: Allowed<AdministerPlatform>,
    State(deps): State<Deps>,
    request: RequestId,
    if_match: IfMatch,
    Body(body): Body<BrandSettings>,
) -> Result<(ETag, Json<BrandView>), ApiError> {
    let key = Brand::key_of(allowed.brand.id);
    let before: Option<Brand> = deps.table.get(&key, Consistency::Strong).await?;
    let before = before.ok_or_else(ApiError::not_found)?;
    if_match.check(before.version)?;
    let country = country_of(&before)?;
    let checked = body.check(country, deps.now()).map_err(ApiError::invalid)?;
    let mut brand = checked.into_brand(before.id, country, before.currency, before.shards);
    brand.version = before.version;

    let effect = Author::of_request(&allowed.actor, &request).effect("brands:update", brand.id);
    let effect = differences(&before, &brand)?
        .into_iter()
        .fold(effect, |effect, (name, old, new)| effect.before(&name, old).after(&name, new));
    let event = Event::new(&deps, Some(brand.id), effect);
    let tx = deps.table.tx().replace(Brand::NAME, &mut brand).create(Event::NAME, &event);
    tx.commit().await?;
    deps.brands.forget(brand.id);
    schedules::put_all(&deps, &brand).await?;
    Ok((etag(brand.version), Json(BrandView::of(&brand)?)))
}

fn country_of(brand: &Brand) -> Result<Jurisdiction, ApiError> {
    Jurisdiction::ALL
        .into_iter()
        .find(|country| country.code() == brand.country)
        .ok_or_else(|| ApiError::internal("a brand's country is not known"))
}

/// The settings that changed, by name, with what they were and are.
fn differences(before: &Brand, after: &Brand) -> Result<Vec<(String, String, String)>, ApiError> {
    let texts = |brand: &Brand| {
        let settings = serde_json::to_value(BrandSettings::of(brand)?);
        settings.map_err(|error| ApiError::internal_from(&error))
    };
    let (before, after) = (texts(before)?, texts(after)?);
    let (Some(before), Some(after)) = (before.as_object(), after.as_object()) else {
        return Ok(Vec::new());
    };
    let changed = after.iter().filter_map(|(name, new)| {
        let old = before.get(name).filter(|old| *old != new)?;
        Some((name.clone(), old.to_string(), new.to_string()))
    });
    Ok(changed.collect())
}
