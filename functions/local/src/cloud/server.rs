use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::serve::ListenerExt as _;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Body limit of the queue and scheduler endpoints; the largest request is a full message batch.
const BODY_LIMIT_BYTES: usize = 4 * 1024 * 1024;
/// How long a stop waits for requests under way.
pub(crate) const STOP_WAIT: Duration = Duration::from_secs(5);

/// Binds the loopback interface; port 0 takes any free one.
pub(crate) async fn bind(port: u16) -> std::io::Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}

/// Serves until `stop` turns true.
pub(crate) fn serve(
    name: &'static str,
    listener: TcpListener,
    router: Router,
    stop: watch::Receiver<bool>,
) -> JoinHandle<()> {
    let listener = listener.tap_io(move |stream| {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(service = name, %error, "no TCP_NODELAY");
        }
    });
    tokio::spawn(async move {
        let served = axum::serve(listener, router).with_graceful_shutdown(stopped(stop)).await;
        if let Err(error) = served {
            tracing::error!(service = name, %error, "local endpoint ended");
        }
    })
}

/// Resolves when `stop` turns true, or its sender is gone.
pub(crate) async fn stopped(mut stop: watch::Receiver<bool>) {
    if stop.wait_for(|stop| *stop).await.is_err() {
        tracing::debug!("stopped: the cloud was dropped");
    }
}

/// Refuses requests that no AWS SDK with the local credentials sent, so that a web page open in a
/// browser on the same machine cannot call these endpoints.
pub(crate) fn signed(router: Router) -> Router {
    router
        .layer(middleware::from_fn(require_signature))
        .layer(DefaultBodyLimit::max(BODY_LIMIT_BYTES))
}

async fn require_signature(request: Request, next: Next) -> Response {
    if has_local_credential(request.headers()) {
        return next.run(request).await;
    }
    let body = serde_json::json!({
        "__type": "MissingAuthenticationTokenException",
        "message": "sign the request with the local test credentials",
    });
    (StatusCode::FORBIDDEN, axum::Json(body)).into_response()
}

fn has_local_credential(headers: &HeaderMap) -> bool {
    let expected = format!("AWS4-HMAC-SHA256 Credential={}/", super::ACCESS_KEY_ID);
    headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.starts_with(&expected))
}

/// The body as a JSON document; an empty one counts as `{}`.
pub(crate) fn json<T: serde::de::DeserializeOwned>(body: &Bytes) -> Result<T, serde_json::Error> {
    serde_json::from_slice(if body.is_empty() { b"{}" } else { body })
}
