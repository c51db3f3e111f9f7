//! The first argument of every handler: who may call it.

use std::marker::PhantomData;
use std::sync::Arc;

use axum::extract::{FromRequestParts, RawPathParams};
use domain::ids::BrandId;
use http::header;
use http::request::Parts;
use tracing::Span;

use super::access::{self, Actor, ActorId, Kind};
use super::api_key::{API_KEY_HEADER, ApiKeyText};
use super::cookie::Cookie;
use super::csrf;
use super::permission::{AdministerPlatform, Grant, Permission};
use crate::Deps;
use crate::http::error::ApiError;
use crate::http::path::BRAND_PARAMETER;
use crate::http::rate_limit;
use crate::store::{ApiKey, Brand};

/// What a route asks of its caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Nothing: anybody may call.
    Public,
    /// To be signed in as staff.
    SignedIn,
    /// A permission in the brand of the path.
    Brand(Permission),
    /// A permission on the platform.
    Platform(Permission),
}

/// An extractor that decides who may call; a handler's first argument.
pub trait Principal {
    const ACCESS: Access;
}

/// Anybody may call: says so where a handler checks its caller by other means, or not at all.
#[derive(Debug, Clone, Copy)]
pub struct Public;

impl Principal for Public {
    const ACCESS: Access = Access::Public;
}

impl FromRequestParts<Deps> for Public {
    type Rejection = ApiError;

    async fn from_request_parts(_parts: &mut Parts, _deps: &Deps) -> Result<Self, ApiError> {
        Ok(Self)
    }
}

/// A signed-in member of staff, of whatever brand and department. 401, 403 (CSRF), 429.
#[derive(Debug, Clone)]
pub struct Staff(pub Actor);

impl Principal for Staff {
    const ACCESS: Access = Access::SignedIn;
}

impl FromRequestParts<Deps> for Staff {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, deps: &Deps) -> Result<Self, ApiError> {
        let actor = by_token(parts, deps).await?;
        rate_limit::principal(deps, actor.id, rate_limit::DEFAULT_PER_MINUTE).await?;
        Ok(Self(actor))
    }
}

/// An administrator of the platform, for routes of no brand. 401, 403, 429.
#[derive(Debug, Clone)]
pub struct SuperAdmin(pub Actor);

impl Principal for SuperAdmin {
    const ACCESS: Access = Access::Platform(AdministerPlatform::PERMISSION);
}

impl FromRequestParts<Deps> for SuperAdmin {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, deps: &Deps) -> Result<Self, ApiError> {
        let Staff(actor) = Staff::from_request_parts(parts, deps).await?;
        require(&actor, AdministerPlatform::PERMISSION)?;
        Ok(Self(actor))
    }
}

/// A caller with the permission `P` in the path's brand, and that brand: a member of staff, or an
/// API key.
///
/// 401 without good credentials, 404 for a brand that is not the caller's (or is not a brand), 429
/// over the brand's limit, 403 without the permission or the CSRF token. SUPER_ADMIN passes in
/// every brand.
#[derive(Debug, Clone)]
pub struct Allowed<P> {
    pub actor: Actor,
    pub brand: Arc<Brand>,
    permission: PhantomData<fn() -> P>,
}

impl<P> Allowed<P> {
    /// 403 where the caller lacks a further permission, which a part of the request needs.
    pub fn require(&self, permission: Permission) -> Result<(), ApiError> {
        require(&self.actor, permission)
    }
}

impl<P: Grant> Principal for Allowed<P> {
    const ACCESS: Access = Access::Brand(P::PERMISSION);
}

impl<P: Grant> FromRequestParts<Deps> for Allowed<P> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, deps: &Deps) -> Result<Self, ApiError> {
        let actor = if parts.headers.contains_key(API_KEY_HEADER) {
            by_key(parts, deps).await?
        } else {
            by_token(parts, deps).await?
        };
        let Some(brand) = own_brand(parts, deps, &actor).await? else {
            rate_limit::principal(deps, actor.id, rate_limit::DEFAULT_PER_MINUTE).await?;
            return Err(ApiError::not_found().log("no such brand, or not the caller's"));
        };
        rate_limit::principal(deps, actor.id, brand.rate_limit_per_minute).await?;
        require(&actor, P::PERMISSION)?;
        Ok(Self { actor, brand, permission: PhantomData })
    }
}

/// Reads the access token from `Authorization: Bearer` or, with the CSRF token on requests that
/// change something, from the cookie. A token of credentials that were revoked is refused.
async fn by_token(parts: &Parts, deps: &Deps) -> Result<Actor, ApiError> {
    let refused = |log: &str| ApiError::unauthenticated().log(log);
    let (key, insecure) = (&deps.config.token_key, deps.config.insecure_cookies);
    let bearer = match parts.headers.get(header::AUTHORIZATION) {
        Some(value) => Some(
            value
                .to_str()
                .ok()
                .and_then(|value| value.split_once(' '))
                .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
                .map(|(_, token)| token)
                .ok_or_else(|| refused("not a bearer token"))?,
        ),
        None => None,
    };
    let token = bearer
        .or_else(|| Cookie::Access.read(&parts.headers, insecure))
        .ok_or_else(|| refused("no credentials"))?;
    let wall = deps.clock.wall();
    let token = access::verify(key, token, &[Kind::Staff, Kind::Admin], wall)
        .map_err(|error| refused(&error.to_string()))?;
    let actor = token.actor;
    if let ActorId::Staff(id) = actor.id {
        let revoked = if parts.method.is_safe() {
            deps.revocations.covered_lately(id, token.credentials, wall).await?
        } else {
            deps.revocations.cover(id, token.credentials, wall).await?
        };
        if revoked {
            return Err(refused("the credentials were revoked"));
        }
    }
    if bearer.is_none() && !parts.method.is_safe() {
        csrf::check(key, actor.session, &parts.headers, insecure)?;
    }
    Span::current().record("actor", tracing::field::display(actor.id));
    Ok(actor)
}

/// Reads the API key from `X-API-Key`. A request that brings an access token too is refused: it
/// would not be clear who acts.
async fn by_key(parts: &Parts, deps: &Deps) -> Result<Actor, ApiError> {
    let refused = |log: &str| ApiError::unauthenticated().log(log);
    if parts.headers.contains_key(header::AUTHORIZATION) {
        return Err(refused("an API key and a token"));
    }
    let mut given = parts.headers.get_all(API_KEY_HEADER).iter();
    let text: ApiKeyText = match (given.next(), given.next()) {
        (Some(value), None) => value.to_str().ok().and_then(|text| text.parse().ok()),
        _ => None,
    }
    .ok_or_else(|| refused("not an API key"))?;
    let key = ApiKey::load(&deps.table, text.id()).await?;
    let lookup_key = &deps.config.lookup_key;
    let mut key = match key {
        Some(key) if key.accepts(&text, lookup_key)? => key,
        _ => return Err(refused("no such API key")),
    };
    key.note_use(&deps.table, deps.now()).await?;
    let actor = key.actor();
    Span::current().record("actor", tracing::field::display(actor.id));
    Ok(actor)
}

/// The brand that the path names; `None` where it is none, or not the caller's.
async fn own_brand(
    parts: &mut Parts,
    deps: &Deps,
    actor: &Actor,
) -> Result<Option<Arc<Brand>>, ApiError> {
    let Ok(parameters) = RawPathParams::from_request_parts(parts, &()).await else {
        return Ok(None);
    };
    let named = parameters.iter().find(|(name, _)| *name == BRAND_PARAMETER);
    let Some(id) = named.and_then(|(_, text)| text.parse::<BrandId>().ok()) else {
        return Ok(None);
    };
    if actor.brand != Some(id) && !actor.is_super_admin() {
        return Ok(None);
    }
    let brand = deps.brands.get(id).await?;
    if brand.is_some() {
        Span::current().record("brand", tracing::field::display(id));
    }
    Ok(brand)
}

fn require(actor: &Actor, permission: Permission) -> Result<(), ApiError> {
    if actor.may(permission) {
        return Ok(());
    }
    Err(ApiError::forbidden(format!("this needs the permission {permission}")))
}
