//! Lists, page by page.

use axum::extract::FromRequestParts;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use garde::Validate;
use hmac::{Hmac, KeyInit, Mac};
use http::request::Parts;
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use utoipa::{IntoParams, ToSchema};

use super::error::{ApiError, FieldError};
use super::query;
use crate::Deps;
use crate::store::{Bookmark, Slice};

pub const PAGE_DEFAULT_ITEMS: usize = 25;
pub const PAGE_LIMIT_ITEMS: usize = 100;
const CURSOR_LIMIT_BYTES: usize = 2_048;
const TAG_BYTES: usize = 16;

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Page<T> {
    pub items: Vec<T>,
    /// Give it as `cursor` to get the next page; null on the last.
    pub next_cursor: Option<String>,
}

/// The query parameters that every list has; for `#[utoipa::path(params(…, PageParams))]`.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PageParams {
    /// At most this many items.
    #[param(minimum = 1, maximum = 100, default = 25)]
    pub limit: Option<usize>,
    /// `nextCursor` of the page before, with the same filters.
    pub cursor: Option<String>,
}

/// A list without filters.
#[derive(Debug, Clone, Copy, Deserialize, Validate)]
#[serde(deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub struct NoFilters {}

/// What a list route was asked for: `?limit&cursor` and its own filters `F`.
///
/// 400 with all the parameters that are wrong. A cursor is signed and bound to the path (so to the
/// brand) and the filters: one of another query is refused on the field `cursor`.
#[derive(Debug, Clone)]
pub struct List<F = NoFilters> {
    pub filters: F,
    /// From 1 to [`PAGE_LIMIT_ITEMS`].
    pub limit: usize,
    /// Where the page before stopped.
    pub after: Option<Bookmark>,
    signer: Signer,
}

impl<F> List<F> {
    /// The answer: what was read, each item as the client sees it, and the cursor of the next page.
    pub fn page<T, V>(
        &self,
        slice: Slice<T>,
        view: impl FnMut(T) -> V,
    ) -> Result<Page<V>, ApiError> {
        let next_cursor = slice.next.map(|next| self.signer.sign(&next)).transpose()?;
        Ok(Page { items: slice.items.into_iter().map(view).collect(), next_cursor })
    }
}

impl<F> FromRequestParts<Deps> for List<F>
where
    F: DeserializeOwned + Validate<Context: Default>,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, deps: &Deps) -> Result<Self, ApiError> {
        let (own, mut filters): (Vec<_>, Vec<_>) = query::pairs(parts)?
            .into_iter()
            .partition(|(name, _)| name == "limit" || name == "cursor");
        filters.sort();
        let signer = Signer::new(deps.config.cursor_key.get()?, parts.uri.path(), &filters)?;
        let mut errors = Vec::new();
        let mut limit = PAGE_DEFAULT_ITEMS;
        let mut after = None;
        for (position, (name, value)) in own.iter().enumerate() {
            if own.iter().take(position).any(|(earlier, _)| earlier == name) {
                errors.push(FieldError::new(name, "is given twice"));
            } else if name == "cursor" {
                match signer.verify(value) {
                    Some(position) => after = Some(position),
                    None => errors.push(FieldError::new(name, "is not a cursor of this list")),
                }
            } else {
                match value.parse() {
                    Ok(given) if (1..=PAGE_LIMIT_ITEMS).contains(&given) => limit = given,
                    _ => errors.push(FieldError::new(
                        name,
                        format!("must be a number from 1 to {PAGE_LIMIT_ITEMS}"),
                    )),
                }
            }
        }
        match query::parse(filters) {
            Ok(filters) if errors.is_empty() => Ok(Self { filters, limit, after, signer }),
            Ok(_) => Err(ApiError::invalid(errors)),
            Err(error) => {
                errors.extend_from_slice(error.fields());
                Err(if errors.is_empty() { error } else { ApiError::invalid(errors) })
            }
        }
    }
}

/// Signs the cursors of one query.
#[derive(Clone)]
struct Signer(Hmac<Sha256>);

impl Signer {
    fn new(key: &SecretString, path: &str, filters: &[(String, String)]) -> Result<Self, ApiError> {
        let mut mac = Hmac::new_from_slice(key.expose_secret().as_bytes())
            .map_err(|error| ApiError::internal_from(&error))?;
        // Each part with its length before it, so that no two queries give the same bytes.
        let mut part = |text: &str| {
            mac.update(&u64::try_from(text.len()).unwrap_or(u64::MAX).to_be_bytes());
            mac.update(text.as_bytes());
        };
        part(path);
        for (name, value) in filters {
            part(name);
            part(value);
        }
        Ok(Self(mac))
    }

    fn sign(&self, position: &Bookmark) -> Result<String, ApiError> {
        let position =
            serde_json::to_vec(position).map_err(|error| ApiError::internal_from(&error))?;
        let mut mac = self.0.clone();
        mac.update(&position);
        let tag = mac.finalize().into_bytes();
        let bytes: Vec<u8> = tag.iter().take(TAG_BYTES).copied().chain(position).collect();
        Ok(BASE64_URL_SAFE_NO_PAD.encode(bytes))
    }

    fn verify(&self, cursor: &str) -> Option<Bookmark> {
        if cursor.len() > CURSOR_LIMIT_BYTES {
            return None;
        }
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(cursor).ok()?;
        let (tag, position) = bytes.split_at_checked(TAG_BYTES)?;
        let mut mac = self.0.clone();
        mac.update(position);
        mac.verify_truncated_left(tag).ok()?;
        serde_json::from_slice(position).ok()
    }
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Signer")
    }
}
