//! Brands: what they consist of, and how one comes into being.

pub(super) mod create;
pub(super) mod list;
pub mod schedules;
mod settings;

use domain::ids::BrandId;
use domain::jurisdiction::Jurisdiction;
use domain::money::Currency;
use platform::Deps;
use platform::http::{ApiError, FieldError};
use platform::store::{Author, Brand, Entity, Event, PlatformSettings, SHARDS_LIMIT, Tx};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use settings::{BrandCharges, BrandDunning, BrandServicing, BrandSettings};

/// A brand to create.
#[derive(Debug, Clone)]
pub struct NewBrand {
    pub country: Jurisdiction,
    pub currency: Currency,
    /// From 1 to 64; the platform's setting where absent.
    pub shards: Option<u16>,
    pub settings: BrandSettings,
}

/// A brand as its administrators see it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BrandView {
    #[schema(value_type = String)]
    pub id: BrandId,
    pub version: u64,
    /// ISO 3166-1 alpha-2.
    #[schema(example = "BR")]
    pub country: String,
    /// ISO 4217.
    #[schema(value_type = String, example = "BRL")]
    pub currency: Currency,
    pub shards: u16,
    pub settings: BrandSettings,
}

impl BrandView {
    pub(super) fn of(brand: &Brand) -> Result<Self, ApiError> {
        Ok(Self {
            id: brand.id,
            version: brand.version,
            country: brand.country.clone(),
            currency: brand.currency,
            shards: brand.shards,
            settings: BrandSettings::of(brand)?,
        })
    }
}

/// Creates a brand with the schedules of its jobs.
///
/// # Errors
/// 400 with every field that is wrong. 503 where the scheduler does not answer: the brand is then
/// stored, and [`schedules::put_all`] completes it.
pub async fn create_brand(deps: &Deps, author: &Author, new: NewBrand) -> Result<Brand, ApiError> {
    let brand = store_new(deps, author, new, |tx, _| Ok(tx)).await?;
    schedules::put_all(deps, &brand).await?;
    Ok(brand)
}

/// Stores a new brand, without its schedules; `also` adds to the transaction.
async fn store_new(
    deps: &Deps,
    author: &Author,
    new: NewBrand,
    also: impl for<'x> FnOnce(Tx<'x>, &Brand) -> Result<Tx<'x>, ApiError>,
) -> Result<Brand, ApiError> {
    let shards = match new.shards {
        Some(shards) => shards,
        None => PlatformSettings::load(&deps.table).await?.new_brand_shards,
    };
    let mut errors = Vec::new();
    if !(1..=SHARDS_LIMIT).contains(&shards) {
        let message = format!("must be a number from 1 to {SHARDS_LIMIT}");
        errors.push(FieldError::new("shards", message));
    }
    let checked = new.settings.check(new.country, deps.now());
    let settings = match checked {
        Ok(settings) if errors.is_empty() => settings,
        Ok(_) => return Err(ApiError::invalid(errors)),
        Err(found) => {
            let inside = |error: FieldError| FieldError {
                field: format!("settings.{}", error.field),
                ..error
            };
            errors.extend(found.into_iter().map(inside));
            return Err(ApiError::invalid(errors));
        }
    };
    let mut brand =
        settings.into_brand(BrandId::new(deps.ulid()), new.country, new.currency, shards);
    let effect = author
        .effect("brands:create", brand.id)
        .after("country", &brand.country)
        .after("currency", brand.currency)
        .after("shards", shards);
    let event = Event::new(deps, Some(brand.id), effect);
    let tx = deps.table.tx().replace(Brand::NAME, &mut brand).create(Event::NAME, &event);
    also(tx, &brand)?.commit().await?;
    Ok(brand)
}
