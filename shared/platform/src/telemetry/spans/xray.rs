//! Spans, as segment documents to the X-Ray daemon that Lambda runs beside a function: a datagram
//! each, sent and forgotten.
//!
//! The shape is that of "X-Ray segment documents" in AWS's developer guide. On Lambda the service
//! itself records the function's segment, so a piece of work is a subsegment of it; one without a
//! parent is a segment.

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::OnceLock;

use jiff::Timestamp;
use serde_json::{Map, Number, Value, json};

use crate::clock::{Clock as _, SystemClock};
use crate::telemetry::trace::Trace;
use crate::telemetry::work::End;

/// What stands before each document.
const HEADER: &str = "{\"format\": \"json\", \"version\": 1}\n";
/// The daemon's own bound.
const DOCUMENT_LIMIT_BYTES: usize = 64 * 1024;

static DAEMON: OnceLock<Daemon> = OnceLock::new();

struct Daemon {
    socket: UdpSocket,
    address: SocketAddr,
}

/// Spans go to the daemon at this address from now on (`AWS_XRAY_DAEMON_ADDRESS`: `host:port`, or
/// `tcp:host:port udp:host:port`). Without one they go nowhere.
pub(crate) fn start(address: Option<&str>) {
    let Some(address) = address.and_then(udp_address) else { return };
    let opened = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))
        .and_then(|socket| socket.set_nonblocking(true).map(|()| socket));
    match opened {
        Ok(socket) => {
            DAEMON.get_or_init(|| Daemon { socket, address });
        }
        Err(error) => tracing::warn!(%error, "spans are not sent"),
    }
}

fn udp_address(text: &str) -> Option<SocketAddr> {
    let mut parts = text.split(' ');
    parts.find_map(|part| part.strip_prefix("udp:").unwrap_or(part).parse().ok())
}

/// A piece of work's own span.
#[derive(Debug)]
pub(in crate::telemetry) struct Span {
    id: String,
    kind: &'static str,
    parent: Option<String>,
    started_at: Timestamp,
}

impl Span {
    /// Opens a span; answers the trace as seen from within it.
    pub(in crate::telemetry) fn open(kind: &'static str, trace: Trace) -> (Self, Trace) {
        let id = format!("{:016x}", rand::random::<u64>());
        let parent = trace.parent().map(str::to_owned);
        let inside = trace.in_span(&id);
        (Self { id, kind, parent, started_at: SystemClock.wall() }, inside)
    }
}

/// Sends a span that has ended, where its trace is recorded.
pub(in crate::telemetry) fn close(span: &Span, trace: &Trace, end: End) {
    let (Some(daemon), Some(root), Some(parent)) = (DAEMON.get(), trace.root(), &span.parent)
    else {
        return;
    };
    let document = document(span, trace, (root, parent), end, SystemClock.wall());
    let datagram = format!("{HEADER}{document}");
    if datagram.len() > DOCUMENT_LIMIT_BYTES {
        return;
    }
    // A span that is lost is no reason to fail or to wait.
    if let Err(error) = daemon.socket.send_to(datagram.as_bytes(), daemon.address) {
        tracing::debug!(%error, "a span was not sent");
    }
}

fn document(
    span: &Span,
    trace: &Trace,
    (root, parent): (&str, &str),
    end: End,
    ended_at: Timestamp,
) -> Value {
    let function = crate::telemetry::function().unwrap_or("parcela");
    let mut document = json!({
        "type": "subsegment",
        "name": function,
        "id": span.id,
        "trace_id": root,
        "parent_id": parent,
        "start_time": seconds(span.started_at),
        "end_time": seconds(ended_at),
        "annotations": { "request_id": trace.request_id(), "kind": span.kind },
    });
    if let Value::Object(fields) = &mut document {
        fields.extend(outcome(end));
    }
    document
}

fn outcome(end: End) -> Map<String, Value> {
    let mut fields = Map::new();
    let (fault, error) = match end {
        End::Done => (false, false),
        End::Failed => (true, false),
        End::Answered(status) => {
            fields.insert("http".to_owned(), json!({ "response": { "status": status } }));
            (status >= 500, (400..500).contains(&status))
        }
    };
    fields.insert("fault".to_owned(), fault.into());
    fields.insert("error".to_owned(), error.into());
    fields
}

/// Seconds since 1970 with three decimals, as X-Ray wants them.
fn seconds(at: Timestamp) -> Number {
    let millis = at.as_millisecond();
    let text = format!("{}.{:03}", millis.div_euclid(1_000), millis.rem_euclid(1_000));
    text.parse().unwrap_or_else(|_| at.as_second().into())
}

#[cfg(test)]
mod tests {
    use std::net::UdpSocket;
    use std::time::Duration;

    use axum::body::Body;
    use http::Request;
    use serde_json::{Value, json};
    use tower::ServiceExt;

    use crate::auth::Public;
    use crate::http::{ApiError, Routes, finish};
    use crate::{routes, testing};

    const PATIENCE: Duration = Duration::from_secs(10);
    const ROOT: &str = "1-677ce360-0a1b2c3d4e5f60718293a4b5";
    const PARENT: &str = "0a1b2c3d4e5f6071";

    #[utoipa::path(get, path = "/missing/{name}")]
    async fn missing(_: Public) -> Result<(), ApiError> {
        Err(ApiError::not_found())
    }

    fn router() -> Routes {
        routes![missing]
    }

    /// The document's shape is that of "X-Ray segment documents" in AWS's developer guide.
    #[tokio::test]
    async fn the_span_of_a_request_reaches_the_daemon() {
        let daemon = UdpSocket::bind("127.0.0.1:0").unwrap();
        daemon.set_read_timeout(Some(PATIENCE)).unwrap();
        let address = daemon.local_addr().unwrap();
        super::start(Some(&format!("tcp:127.0.0.1:9 udp:{address}")));
        let app = finish(router(), testing::deps().await);
        // The first is of no recorded trace.
        for sampled in [0, 1] {
            let header = format!("Root={ROOT};Parent={PARENT};Sampled={sampled}");
            let request = Request::get("/missing/Ana?phone=5511900004321")
                .header("x-amzn-trace-id", header)
                .header("x-request-id", format!("req_{sampled}"))
                .body(Body::empty())
                .unwrap();
            app.clone().oneshot(request).await.unwrap();
        }
        let mut datagram = [0; super::DOCUMENT_LIMIT_BYTES];
        let length = daemon.recv(&mut datagram).unwrap();
        let text = std::str::from_utf8(datagram.get(..length).unwrap()).unwrap();
        let document = text.strip_prefix("{\"format\": \"json\", \"version\": 1}\n").unwrap();
        let document: Value = serde_json::from_str(document).unwrap();
        let expected = json!({
            "type": "subsegment", "name": "parcela", "trace_id": ROOT, "parent_id": PARENT,
            "id": document["id"], "start_time": document["start_time"],
            "end_time": document["end_time"], "http": { "response": { "status": 404 } },
            "fault": false, "error": true,
            "annotations": { "request_id": "req_1", "kind": "request" },
        });
        assert_eq!(document, expected);
        assert_eq!(document["id"].as_str().unwrap().len(), 16);
        let [start, end] = ["start_time", "end_time"].map(|time| document[time].as_f64().unwrap());
        assert!(start > 1_700_000_000.0 && start <= end, "{start} {end}");
    }

    #[test]
    fn the_daemons_address_is_read_in_both_forms() {
        for text in ["127.0.0.1:2000", "tcp:127.0.0.1:2001 udp:127.0.0.1:2000"] {
            assert_eq!(super::udp_address(text), "127.0.0.1:2000".parse().ok(), "{text}");
        }
        assert_eq!(super::udp_address("nowhere"), None);
    }
}
