use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use domain::dunning::Status;
use jiff::Timestamp;
use local::sandbox::whatsapp::{Config, Gateway};
use local::sandbox::{Sandbox, router};
use platform::store::{Communication, Consistency, Dispatch};
use secrecy::SecretString;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::fixture::{Deployment, INSTANCE};
use super::process::Function;
use super::records::{PHONE, store_customer, store_given};
use crate::architecture::events;

const API_KEY: &str = "invented-api-key";

/// A gateway with the brand's instance, for as long as the test runs.
pub struct GatewayServer {
    pub url: String,
    _folder: tempfile::TempDir,
}

impl GatewayServer {
    pub async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let gateway = Gateway::open(Config {
            data_dir: folder.path().to_owned(),
            api_key: SecretString::from(API_KEY),
            business_now: Arc::new(Timestamp::now),
            wall_now: Arc::new(Timestamp::now),
            first_retry: Duration::from_millis(1),
        });
        let gateway = gateway.await.unwrap();
        gateway.add_instance(INSTANCE).unwrap();
        let url = serve(router(Sandbox { whatsapp: gateway })).await;
        Self { url, _folder: folder }
    }

    /// What a deployment sets for the functions that use it.
    pub fn environment(&self) -> [(&'static str, String); 2] {
        [("WHATSAPP_URL", self.url.clone()), ("WHATSAPP_KEY", API_KEY.to_owned())]
    }
}

#[tokio::test]
async fn worker_whatsapp_sends_a_message_once_and_gives_back_what_it_cannot_read() {
    let deployment = Deployment::start().await;
    let gateway = GatewayServer::start().await;
    let mut environment = deployment.environment();
    environment.extend(gateway.environment());

    let event = events::read("worker-whatsapp");
    let dispatch = event["Records"][0]["body"].as_str().unwrap();
    let dispatch: Dispatch = serde_json::from_str(dispatch).unwrap();
    store_customer(&deployment.deps()).await;
    store_given(&deployment.table, "worker-whatsapp").await;
    let function = Function::start("worker-whatsapp", &environment).await;

    // The second delivery finds the message sent.
    for request in ["first", "second"] {
        let answer = function.invoke(request, event.clone()).await;
        let poison = &event["Records"][1]["messageId"];
        assert_eq!(answer, json!({ "batchItemFailures": [{ "itemIdentifier": poison }] }));

        let key = Communication::key_of(dispatch.brand_id, dispatch.communication_id);
        let sent = deployment.table.get::<Communication>(&key, Consistency::Strong).await;
        let sent = sent.unwrap().unwrap();
        assert_eq!((sent.status, sent.attempts), (Status::Sent, 1));
        assert_eq!(sent.instance.as_deref(), Some(INSTANCE));

        let page = format!("{}/sandbox/whatsapp/messages", gateway.url);
        let page: Value = reqwest::get(page).await.unwrap().json().await.unwrap();
        let messages = page["messages"].as_array().unwrap();
        assert_eq!(messages.len(), 1, "{messages:?}");
        assert_eq!(messages[0]["text"], "Olá, sua segunda via está pronta.");
    }
    let log = function.log();
    // The message carries the request that it comes from.
    let request = r#""request_id":"req_01JGZ2A4B6C8D0E2F4G6H8J0K2""#;
    let root = r#""trace":"1-677ce360-0a1b2c3d4e5f60718293a4b5""#;
    let sent = log.lines().find(|line| line.contains("a message is sent")).unwrap();
    assert!(sent.contains(request) && sent.contains(root), "{sent}");
    assert!(log.contains(r#""MessagesSent":1"#), "{log}");
    assert!(!log.contains(PHONE) && !log.contains("segunda via"), "{log}");
    deployment.cloud.stop().await;
}

async fn serve(app: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    url
}
