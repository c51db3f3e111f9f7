//! Which web pages may call with credentials: a brand's own.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use domain::ids::BrandId;
use http::{HeaderName, HeaderValue, Method, header};
use tokio::time::Instant;
use tower_http::cors::{AllowOrigin, CorsLayer};

use super::context::REQUEST_ID_HEADER;
use super::idempotency::IDEMPOTENCY_KEY_HEADER;
use crate::Deps;
use crate::auth::csrf::CSRF_HEADER;
use crate::store::StoreError;

const PREFLIGHT_MAX_AGE: Duration = Duration::from_secs(600);
const ORIGINS_FRESH_FOR: Duration = Duration::from_secs(60);
const BRAND_PATH: &str = "/api/v1/partner/brand/";

/// Below a brand's path only that brand's origins are let in; elsewhere (to sign in) every brand's.
pub(super) fn layer(deps: Deps) -> CorsLayer {
    let origins = Origins { deps, all: Arc::default() };
    CorsLayer::new()
        .allow_credentials(true)
        .allow_methods([Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE])
        .allow_headers([
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            header::IF_MATCH,
            HeaderName::from_static(IDEMPOTENCY_KEY_HEADER),
            HeaderName::from_static(REQUEST_ID_HEADER),
            HeaderName::from_static(CSRF_HEADER),
        ])
        .expose_headers([
            header::ETAG,
            header::RETRY_AFTER,
            HeaderName::from_static(REQUEST_ID_HEADER),
        ])
        .max_age(PREFLIGHT_MAX_AGE)
        .allow_origin(AllowOrigin::async_predicate(move |origin: HeaderValue, parts: &_| {
            let parts: &http::request::Parts = parts;
            origins.allow(origin, parts.uri.path().to_owned())
        }))
}

/// The origins of all brands and when they were read.
type Remembered = (Instant, Arc<HashSet<String>>);

#[derive(Clone)]
struct Origins {
    deps: Deps,
    all: Arc<Mutex<Option<Remembered>>>,
}

impl Origins {
    async fn allow(self, origin: HeaderValue, path: String) -> bool {
        let Ok(origin) = origin.to_str() else { return false };
        let allowed = match path.strip_prefix(BRAND_PATH) {
            Some(rest) => {
                let brand = rest.split('/').next().unwrap_or_default();
                self.of_brand(brand, origin).await
            }
            None => self.of_any_brand().await.map(|origins| origins.contains(origin)),
        };
        allowed.unwrap_or_else(|error| {
            tracing::warn!(%error, "the origins could not be read");
            false
        })
    }

    async fn of_brand(&self, brand: &str, origin: &str) -> Result<bool, StoreError> {
        let Ok(id) = brand.parse::<BrandId>() else { return Ok(false) };
        let brand = self.deps.brands.get(id).await?;
        Ok(brand.is_some_and(|brand| brand.origins.iter().any(|allowed| allowed == origin)))
    }

    async fn of_any_brand(&self) -> Result<Arc<HashSet<String>>, StoreError> {
        let cached = self.all.lock().ok().and_then(|all| all.clone());
        if let Some((read_at, origins)) = cached
            && read_at.elapsed() < ORIGINS_FRESH_FOR
        {
            return Ok(origins);
        }
        let brands = self.deps.brands.all().await?;
        let origins: Arc<HashSet<String>> =
            Arc::new(brands.into_iter().flat_map(|brand| brand.origins).collect());
        if let Ok(mut all) = self.all.lock() {
            *all = Some((Instant::now(), Arc::clone(&origins)));
        }
        Ok(origins)
    }
}
