//! The real clients against the sandboxes, over the wire.

mod failures;
mod phone;
mod reports;

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use connectors::http::{CallError, client};
use connectors::whatsapp::evolution::Evolution;
use connectors::whatsapp::evolution::webhook::{Event, Report, parse, verify};
use connectors::whatsapp::{Instance, MessageStatus, Sent, WhatsApp};
use jiff::Timestamp;
use local::sandbox::whatsapp::{Config, Gateway, router};
use secrecy::SecretString;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::Mutex;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

const API_KEY: &str = "invented-api-key";
const JWT_KEY: &str = "an-invented-webhook-key-of-40-bytes-aaaa";
const INSTANCE: &str = "parcela-invented";
/// 2027-01-15T08:00:00Z
const NOW_S: i64 = 1_800_000_000;
const PATIENCE: Duration = Duration::from_secs(20);

/// A running sandbox and a client of it.
struct Phone {
    gateway: Arc<Gateway>,
    base_url: String,
    evolution: Evolution,
    http: reqwest::Client,
}

async fn serve(app: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    address
}

impl Phone {
    async fn start(data_dir: &Path) -> Self {
        let now = Arc::new(|| Timestamp::from_second(NOW_S).unwrap());
        let config = Config {
            data_dir: data_dir.to_owned(),
            api_key: SecretString::from(API_KEY),
            business_now: now.clone(),
            wall_now: now,
            first_retry: Duration::from_millis(1),
        };
        let gateway = Gateway::open(config).await.unwrap();
        gateway.add_instance(INSTANCE).unwrap();
        let address = serve(router(Arc::clone(&gateway))).await;
        Self {
            gateway,
            base_url: format!("http://{address}"),
            evolution: Evolution::new(client().unwrap()),
            http: reqwest::Client::builder().build().unwrap(),
        }
    }

    fn instance(&self, name: &str, api_key: &str) -> Instance {
        Instance::new(&self.base_url, name, SecretString::from(api_key)).unwrap()
    }

    async fn send(&self, number: &str, text: &str, key: &str) -> Result<Sent, CallError> {
        let instance = self.instance(INSTANCE, API_KEY);
        self.evolution.send_text(&instance, &number.parse().unwrap(), text, key).await
    }

    async fn script(&self, script: Value) -> StatusCode {
        let url = format!("{}/sandbox/script", self.base_url);
        self.http.post(url).json(&script).send().await.unwrap().status()
    }

    async fn messages(&self, query: &str) -> Vec<Value> {
        let url = format!("{}/sandbox/whatsapp/messages{query}", self.base_url);
        let page: Value = self.http.get(url).send().await.unwrap().json().await.unwrap();
        page["messages"].as_array().unwrap().clone()
    }

    async fn page(&self, path: &str) -> String {
        let url = format!("{}{path}", self.base_url);
        self.http.get(url).send().await.unwrap().text().await.unwrap()
    }
}

/// A receiver of reports that checks each token and answers with the next of `answers`, then 200.
struct Receiver {
    url: String,
    reports: UnboundedReceiver<Report>,
}

struct Answers {
    next: Mutex<Vec<u16>>,
    reports: UnboundedSender<Report>,
}

impl Receiver {
    async fn start(answers: &[u16]) -> Self {
        let (sender, reports) = unbounded_channel();
        let next = Mutex::new(answers.iter().rev().copied().collect());
        let answers = Arc::new(Answers { next, reports: sender });
        let app = Router::new().route("/webhook/evolution", post(receive)).with_state(answers);
        let url = format!("http://{}/webhook/evolution", serve(app).await);
        Self { url, reports }
    }

    async fn subscribe(&self, phone: &Phone) {
        let instance = phone.instance(INSTANCE, API_KEY);
        let key = SecretString::from(JWT_KEY);
        phone.evolution.set_webhook(&instance, &self.url, &key).await.unwrap();
    }

    async fn next(&mut self) -> Event {
        let report = tokio::time::timeout(PATIENCE, self.reports.recv()).await.unwrap().unwrap();
        assert_eq!(report.instance, INSTANCE);
        assert_eq!(report.events.len(), 1);
        report.events[0].clone()
    }

    async fn expect(&mut self, sent: &Sent, status: MessageStatus) {
        let message_id = sent.provider_message_id.clone();
        assert_eq!(self.next().await, Event::Message { message_id, status });
    }
}

async fn receive(
    State(answers): State<Arc<Answers>>,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    let authorization = headers.get("authorization").map(|value| value.to_str().unwrap());
    let now_s = u64::try_from(NOW_S).unwrap();
    if verify(authorization, &[SecretString::from(JWT_KEY)], now_s).is_err() {
        return StatusCode::UNAUTHORIZED;
    }
    assert!(headers.get("jwt_key").is_none());
    answers.reports.send(parse(&body).unwrap()).unwrap();
    let next = answers.next.lock().await.pop();
    StatusCode::from_u16(next.unwrap_or(200)).unwrap()
}
