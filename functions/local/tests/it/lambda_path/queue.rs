use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use domain::dunning::{Kind, Status};
use domain::ids::MessageSubject;
use jiff::Timestamp;
use local::sandbox::whatsapp::{Config, Gateway};
use local::sandbox::{Sandbox, router};
use platform::Deps;
use platform::store::{Communication, Consistency, Customer, Customers, Dispatch};
use secrecy::SecretString;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::fixture::{Deployment, INSTANCE, brand_id};
use super::process::Function;
use crate::architecture::events;

const API_KEY: &str = "invented-api-key";
const PHONE: &str = "+5511900000001";

#[tokio::test]
async fn worker_whatsapp_sends_a_message_once_and_gives_back_what_it_cannot_read() {
    let deployment = Deployment::start().await;
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
    let mut environment = deployment.environment();
    environment.extend([("WHATSAPP_URL", url.clone()), ("WHATSAPP_KEY", API_KEY.to_owned())]);

    let event = events::read("worker-whatsapp");
    let dispatch = event["Records"][0]["body"].as_str().unwrap();
    let dispatch: Dispatch = serde_json::from_str(dispatch).unwrap();
    let queued = store_message(&deployment.deps(), dispatch).await;
    let function = Function::start("worker-whatsapp", &environment).await;

    // The second delivery finds the message sent.
    for request in ["first", "second"] {
        let answer = function.invoke(request, event.clone()).await;
        let poison = &event["Records"][1]["messageId"];
        assert_eq!(answer, json!({ "batchItemFailures": [{ "itemIdentifier": poison }] }));

        let key = Communication::key_of(dispatch.brand_id, dispatch.communication_id);
        let sent = deployment.table.get::<Communication>(&key, Consistency::Strong).await;
        let sent = sent.unwrap().unwrap();
        assert_eq!((sent.status, sent.attempts, &sent.body), (Status::Sent, 1, &queued.body));
        assert_eq!(sent.instance.as_deref(), Some(INSTANCE));

        let page = format!("{url}/sandbox/whatsapp/messages");
        let page: Value = reqwest::get(page).await.unwrap().json().await.unwrap();
        let messages = page["messages"].as_array().unwrap();
        assert_eq!(messages.len(), 1, "{messages:?}");
        assert_eq!(messages[0]["text"], "Olá, sua segunda via está pronta.");
    }
    let log = function.log();
    assert!(!log.contains(PHONE) && !log.contains("segunda via"), "{log}");
    deployment.cloud.stop().await;
}

async fn serve(app: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    url
}

/// The message that the event is about, and who gets it.
async fn store_message(deps: &Deps, dispatch: Dispatch) -> Communication {
    let MessageSubject::Customer(customer) = dispatch.communication_id.subject else {
        panic!("the event is of a message about a loan")
    };
    let now = Timestamp::now();
    let phone = Some(PHONE.parse().unwrap());
    let name = "Ana Invented".parse().unwrap();
    let mut person = Customer { phone, ..Customer::new(brand_id(), customer, name, now) };
    let tx = Customers::new(deps).create(deps.table.tx(), &mut person).await.unwrap();
    tx.commit().await.unwrap();
    let body = serde_json::from_value(json!("Olá, sua segunda via está pronta.")).unwrap();
    let id = dispatch.communication_id;
    let mut message =
        Communication::queued(brand_id(), id, customer, Kind::Manual, body, "staff", now);
    deps.table.replace(&mut message).await.unwrap();
    message
}
