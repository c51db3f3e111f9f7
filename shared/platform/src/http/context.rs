//! What is known of a request before anything is read from it.

use std::convert::Infallible;
use std::fmt;
use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts};
use http::HeaderMap;
use http::request::Parts;
use lambda_http::request::RequestContext;
use ulid::Ulid;

use crate::Deps;
use crate::telemetry::is_request_id;

pub const REQUEST_ID_HEADER: &str = "x-request-id";

/// Names one request in the answer, the log and the audit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestId(String);

impl RequestId {
    pub(super) fn new(ulid: Ulid) -> Self {
        Self(format!("req_{ulid}"))
    }

    /// The caller's own id, where it is short and plain enough to be logged as it is.
    pub(super) fn from_caller(headers: &HeaderMap) -> Option<Self> {
        let text = headers.get(REQUEST_ID_HEADER)?.to_str().ok()?;
        is_request_id(text).then(|| Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for RequestId {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        Ok(parts.extensions.get().cloned().unwrap_or_else(|| Self("none".to_owned())))
    }
}

/// The address that the request came from: on Lambda what API Gateway says of the connection, or
/// what CloudFront before it wrote into the configured header; elsewhere the connection's.
/// `X-Forwarded-For` is not read, since anybody can write it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientIp(pub Option<IpAddr>);

impl fmt::Display for ClientIp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(ip) => ip.fmt(f),
            None => f.write_str("unknown"),
        }
    }
}

impl ClientIp {
    /// Who is limited by the address: one address of version 4, or one network of version 6, which
    /// is what a caller is given (RFC 6177, 64 bits and less).
    pub(super) fn caller(self) -> String {
        match self.0.map(|ip| ip.to_canonical()) {
            Some(IpAddr::V6(ip)) => {
                let [a, b, c, d, ..] = ip.segments();
                format!("{a:x}:{b:x}:{c:x}:{d:x}")
            }
            Some(ip) => ip.to_string(),
            None => self.to_string(),
        }
    }
}

impl FromRequestParts<Deps> for ClientIp {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, deps: &Deps) -> Result<Self, Infallible> {
        if let Some(header) = &deps.config.client_address_header {
            let mut values = parts.headers.get_all(header).iter();
            let only = values.next().filter(|_| values.next().is_none());
            return Ok(Self(only.and_then(|value| value.to_str().ok()?.parse().ok())));
        }
        let gateway = parts.extensions.get::<RequestContext>().and_then(|context| match context {
            RequestContext::ApiGatewayV2(context) => {
                context.http.source_ip.as_deref()?.parse().ok()
            }
            _ => None,
        });
        let connection = || Some(parts.extensions.get::<ConnectInfo<SocketAddr>>()?.0.ip());
        Ok(Self(gateway.or_else(connection)))
    }
}
