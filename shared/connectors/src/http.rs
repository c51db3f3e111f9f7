//! One HTTP client for all providers, and the one vocabulary in which a call can fail.
//!
//! Errors carry our own words only: never a URL, a header, a body or a provider's text, since any of
//! these may hold a key or a person's data.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use reqwest::header::RETRY_AFTER;
use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder, StatusCode, Url};
use serde::de::DeserializeOwned;

/// A provider that does not accept a connection in this time is treated as down.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// From the first byte of the request to the last of the reply.
pub const TOTAL_TIMEOUT: Duration = Duration::from_secs(25);
/// A longer reply is not read to its end.
pub const REPLY_LIMIT_BYTES: usize = 1024 * 1024;
/// A provider may not put us off for longer than this.
pub const RETRY_AFTER_LIMIT: Duration = Duration::from_secs(3600);

/// Why a call failed: a stable code to store and count, and a sentence to show to staff.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// Upper snake case, for example `PROVIDER_TIMEOUT`.
    pub code: &'static str,
    /// Without personal data and secrets.
    pub message: Cow<'static, str>,
}

impl Reason {
    pub fn new(code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self { code, message: message.into() }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

/// A call that did not give its value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// The provider did not do it. `permanent`: asking again cannot help until a person changes
    /// something (the number, the key, the instance).
    #[error("refused: {reason}")]
    Rejected { reason: Reason, permanent: bool },
    /// The provider did not do it and may be asked again, not earlier than `after` where given.
    #[error("may be tried again: {reason}")]
    Retryable { reason: Reason, after: Option<Duration> },
    /// The provider may or may not have done it. Never sent again blindly.
    #[error("outcome not known: {reason}")]
    Unknown { reason: Reason },
}

impl CallError {
    pub fn permanent(code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self::Rejected { reason: Reason::new(code, message), permanent: true }
    }

    pub fn retryable(code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self::Retryable { reason: Reason::new(code, message), after: None }
    }

    pub fn unknown(code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self::Unknown { reason: Reason::new(code, message) }
    }

    pub const fn reason(&self) -> &Reason {
        match self {
            Self::Rejected { reason, .. }
            | Self::Retryable { reason, .. }
            | Self::Unknown { reason } => reason,
        }
    }
}

/// What a second identical request would do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Nothing more than the first: a doubtful end may be asked again.
    Read,
    /// Perhaps the same thing twice: a doubtful end stays [`CallError::Unknown`].
    Write,
}

impl Effect {
    /// The end of a call of which it is not known whether the provider acted.
    pub fn doubtful(self, code: &'static str, message: impl Into<Cow<'static, str>>) -> CallError {
        match self {
            Self::Read => CallError::retryable(code, message),
            Self::Write => CallError::unknown(code, message),
        }
    }
}

/// The client all connectors share: rustls, time limits, no redirects (a key must not travel to
/// another host), no resending of its own.
///
/// # Errors
/// When the TLS backend cannot start.
pub fn client() -> Result<Client, CallError> {
    client_with(CONNECT_TIMEOUT, TOTAL_TIMEOUT)
}

/// As [`client`], with other time limits.
///
/// # Errors
/// When the TLS backend cannot start.
pub fn client_with(connect: Duration, total: Duration) -> Result<Client, CallError> {
    Client::builder()
        .connect_timeout(connect)
        .timeout(total)
        .redirect(Policy::none())
        .retry(reqwest::retry::never())
        .user_agent(concat!("parcela/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|_| CallError::permanent("HTTP_CLIENT", "the HTTP client could not be built"))
}

/// An address that requests can be made from: http or https, without user, query and fragment.
pub fn base_url(address: &str) -> Option<Url> {
    let url = Url::parse(address).ok()?;
    let plain = matches!(url.scheme(), "http" | "https")
        && url.has_host()
        && url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none();
    plain.then_some(url)
}

/// A reply read whole. Its body may hold anything: it is not `Debug`.
pub struct Reply {
    pub status: StatusCode,
    /// `Retry-After` in seconds; a date there is not used.
    pub retry_after: Option<Duration>,
    pub body: Vec<u8>,
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply")
            .field("status", &self.status)
            .field("retry_after", &self.retry_after)
            .field("body_bytes", &self.body.len())
            .finish()
    }
}

impl Reply {
    /// The body as JSON, if it is that shape.
    pub fn json<T: DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_slice(&self.body).ok()
    }
}

/// Sends the request and reads its reply, whatever its status.
///
/// # Errors
/// `Retryable` when no connection was made; by `effect` when the request may have arrived (timeout,
/// broken connection, a reply over [`REPLY_LIMIT_BYTES`]); `Rejected` when the request cannot be
/// built.
pub async fn exchange(request: RequestBuilder, effect: Effect) -> Result<Reply, CallError> {
    let mut response = request.send().await.map_err(|error| transport(&error, effect))?;
    let status = response.status();
    let retry_after = response
        .headers()
        .get(RETRY_AFTER)
        .and_then(|value| value.to_str().ok()?.trim().parse().ok())
        .map(|seconds| Duration::from_secs(seconds).min(RETRY_AFTER_LIMIT));
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| transport(&error, effect))? {
        if body.len() + chunk.len() > REPLY_LIMIT_BYTES {
            return Err(effect.doubtful("PROVIDER_REPLY", "the provider's reply is too long"));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Reply { status, retry_after, body })
}

fn transport(error: &reqwest::Error, effect: Effect) -> CallError {
    if error.is_builder() {
        CallError::permanent("PROVIDER_REQUEST", "the request to the provider cannot be built")
    } else if error.is_connect() {
        CallError::retryable("PROVIDER_UNREACHABLE", "the provider could not be reached")
    } else if error.is_timeout() {
        effect.doubtful("PROVIDER_TIMEOUT", "the provider did not answer in time")
    } else {
        effect.doubtful("PROVIDER_CONNECTION", "the connection to the provider broke")
    }
}

/// What a reply that is not a success means where the provider says nothing more special.
pub fn failure(reply: &Reply, effect: Effect) -> CallError {
    let status = reply.status;
    let after = reply.retry_after;
    match status.as_u16() {
        401 | 403 => CallError::permanent(
            "PROVIDER_CREDENTIALS",
            format!("the provider refused our credentials (status {status})"),
        ),
        429 => CallError::Retryable {
            reason: Reason::new("PROVIDER_RATE_LIMIT", "the provider asks us to slow down"),
            after,
        },
        408 | 500..=599 => {
            match effect
                .doubtful("PROVIDER_ERROR", format!("the provider failed (status {status})"))
            {
                CallError::Retryable { reason, .. } => CallError::Retryable { reason, after },
                other => other,
            }
        }
        _ => CallError::permanent(
            "PROVIDER_REFUSED",
            format!("the provider refused the request (status {status})"),
        ),
    }
}
