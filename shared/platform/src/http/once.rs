//! Work that is done once however often it is asked for.

use axum::Json;
use axum::response::{IntoResponse, Response};
use domain::ids::BrandId;
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;

use super::error::ApiError;
use super::idempotency::Intent;
use crate::Deps;
use crate::auth::ActorId;
use crate::store::Tx;
use crate::store::idempotency::{Begun, Claim, begin};

/// When a request that is under way may be asked for again.
const IN_PROGRESS_RETRY_SECONDS: u32 = 1;

/// Holds the client's key, where it sent one, while its request is done.
#[derive(Debug)]
pub struct Once {
    claim: Option<Claim>,
}

impl Once {
    /// Adds the answer to the transaction of the work itself, so that either both are kept or none.
    /// Work that writes nothing else still commits this.
    pub fn complete<'x>(
        &self,
        tx: Tx<'x>,
        status: StatusCode,
        answer: &impl Serialize,
    ) -> Result<Tx<'x>, ApiError> {
        let Some(claim) = &self.claim else { return Ok(tx) };
        let answer =
            serde_json::to_string(answer).map_err(|error| ApiError::internal_from(&error))?;
        Ok(claim.complete(tx, status.as_u16(), &answer)?)
    }

    /// Answers with what was done; after a refusal the key is given back, so that the request can
    /// be tried again.
    pub async fn finish<T: Serialize>(
        &self,
        deps: &Deps,
        outcome: Result<(StatusCode, T), ApiError>,
    ) -> Result<Response, ApiError> {
        match outcome {
            Ok((status, answer)) => Ok((status, Json(answer)).into_response()),
            Err(error) => {
                self.give_back(deps).await;
                Err(error)
            }
        }
    }

    /// Gives the key back after a refusal; a request that was completed keeps it.
    pub async fn give_back(&self, deps: &Deps) {
        if let Some(claim) = &self.claim
            && let Err(failure) = claim.release(&deps.table).await
        {
            tracing::warn!(%failure, "an idempotency key could not be given back");
        }
    }
}

/// What a request with a key turned out to be.
#[derive(Debug)]
pub enum Begin {
    /// The first of its kind, or one without a key: to be done.
    First(Once),
    /// It was done before: this was the answer.
    Again { status: u16, answer: String },
}

/// Takes the client's key, where it sent one, for a request that [`once`] does not fit: what the
/// caller does not complete it gives back.
///
/// Errors: 409 with `Retry-After` where the same request is under way, 422 where the key was used
/// for another request.
pub async fn begin_once(
    deps: &Deps,
    brand: BrandId,
    actor: ActorId,
    intent: Option<&Intent>,
) -> Result<Begin, ApiError> {
    let Some(intent) = intent else { return Ok(Begin::First(Once { claim: None })) };
    let (scope, holder) = (actor.to_string(), deps.ulid().to_string());
    let (key, fingerprint) = (intent.key.as_str(), intent.fingerprint.as_bytes());
    let now = deps.clock.wall();
    let secret = &deps.config.lookup_key;
    match begin(&deps.table, secret, brand, &scope, key, fingerprint, &holder, now).await? {
        Begun::Fresh(claim) => Ok(Begin::First(Once { claim: Some(claim) })),
        Begun::Replay { status, answer } => Ok(Begin::Again { status, answer }),
        Begun::InProgress => Err(ApiError::conflict("the same request is under way")
            .retry_after(IN_PROGRESS_RETRY_SECONDS)),
        Begun::OtherRequest => {
            Err(ApiError::unprocessable("the Idempotency-Key was used for another request"))
        }
    }
}

/// Does `work` unless the same caller's key shows that it was done: then the first answer is given
/// again. `work` answers with status and body, and hands both to [`Once::complete`] in its
/// transaction. A refusal gives the key back, so that the request can be tried again.
///
/// Errors: those of [`begin_once`], and those of `work`.
pub async fn once<T: Serialize>(
    deps: &Deps,
    brand: BrandId,
    actor: ActorId,
    intent: Option<&Intent>,
    work: impl AsyncFnOnce(&Once) -> Result<(StatusCode, T), ApiError>,
) -> Result<Response, ApiError> {
    let once = match begin_once(deps, brand, actor, intent).await? {
        Begin::First(once) => once,
        Begin::Again { status, answer } => return replay(status, answer),
    };
    once.finish(deps, work(&once).await).await
}

/// The answer that was given before.
pub fn replay(status: u16, answer: String) -> Result<Response, ApiError> {
    let status = StatusCode::from_u16(status).map_err(|error| ApiError::internal_from(&error))?;
    let content_type = (header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok((status, [content_type], answer).into_response())
}
