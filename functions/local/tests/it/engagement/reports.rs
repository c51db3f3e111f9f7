use std::time::Duration;

use connectors::whatsapp::evolution::Evolution;
use connectors::whatsapp::{ConnectionState, MessageStatus};
use domain::dunning::Status;
use jsonwebtoken::{EncodingKey, Header, encode};
use platform::store::{Communication, Delivery, LoanRecord, WhatsappInstance, report};
use secrecy::SecretString;
use serde_json::{Value, json};

use super::support::{INSTANCE, System, WEBHOOK_KEY, reqwest_client};

const DATE: &str = "2026-03-11";
const NINE_LOCAL: &str = "2026-03-11T12:00:00Z";
const PATIENCE: Duration = Duration::from_secs(20);

/// A system whose gateway reports to the webhook function.
async fn reporting() -> (System, String) {
    let system = System::start(NINE_LOCAL).await;
    let base = system.serve(webhooks::evolution::router()).await;
    let url = format!("{base}/api/v1/webhook/evolution");
    let evolution = Evolution::new(connectors::http::client().unwrap());
    let key = SecretString::from(WEBHOOK_KEY);
    evolution.set_webhook(&system.instance(), &url, &key).await.unwrap();
    (system, url)
}

async fn sent(system: &System) -> (LoanRecord, Communication) {
    let loan = system.loan(1, "2026-03-10").await;
    system.run_job(DATE, std::slice::from_ref(&loan)).await;
    system.work().await;
    let message = system.daily(&loan, DATE).await;
    (loan, message)
}

async fn until(system: &System, loan: &LoanRecord, status: Status) -> Communication {
    let reached = async {
        loop {
            let message = system.daily(loan, DATE).await;
            if message.status == status {
                return message;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, reached).await.unwrap()
}

async fn post(system: &System, url: &str, key: &str, body: &Value) -> u16 {
    let now = system.deps.clock.wall().as_second();
    let claims = json!({ "iat": now, "exp": now + 600, "app": "evolution", "action": "webhook" });
    let token =
        encode(&Header::default(), &claims, &EncodingKey::from_secret(key.as_bytes())).unwrap();
    let request = reqwest_client().post(url).bearer_auth(token).json(body);
    request.send().await.unwrap().status().as_u16()
}

fn update(message: &Communication, status: &str) -> Value {
    let id = message.provider_id.as_deref().unwrap();
    json!({ "event": "messages.update", "instance": INSTANCE,
            "data": { "keyId": id, "fromMe": true, "status": status } })
}

#[tokio::test]
async fn a_message_is_delivered_and_read() {
    let (system, url) = reporting().await;
    let (loan, _) = sent(&system).await;
    let read = until(&system, &loan, Status::Read).await;
    for status in [Status::Queued, Status::Sending, Status::Sent, Status::Delivered] {
        assert!(read.times.contains_key(&status), "{status:?}");
    }
    for status in ["DELIVERY_ACK", "READ", "ERROR", "PENDING"] {
        assert_eq!(post(&system, &url, WEBHOOK_KEY, &update(&read, status)).await, 200);
    }
    assert_eq!(system.daily(&loan, DATE).await, read, "nothing goes back, nothing is written");
}

#[tokio::test]
async fn only_the_gateway_is_believed() {
    let (system, url) = reporting().await;
    system.script(json!({ "hold": true })).await;
    let (loan, message) = sent(&system).await;
    assert_eq!(message.status, Status::Sent);
    let other_key = "another-invented-key-of-40-bytes-bbbbbbb";
    assert_eq!(post(&system, &url, other_key, &update(&message, "READ")).await, 401);
    let bare = reqwest_client().post(&url).json(&update(&message, "READ")).send().await.unwrap();
    assert_eq!(bare.status(), 401);
    assert_eq!(system.daily(&loan, DATE).await, message);
    let unknown = json!({ "event": "messages.update", "instance": INSTANCE,
                          "data": { "keyId": "3EB0FF", "status": "READ" } });
    assert_eq!(post(&system, &url, WEBHOOK_KEY, &unknown).await, 200);
    assert_eq!(post(&system, &url, WEBHOOK_KEY, &json!({ "event": 1 })).await, 400);
}

#[tokio::test]
async fn a_report_that_comes_first_waits_for_its_message() {
    let system = System::start(NINE_LOCAL).await;
    let loan = system.loan(1, "2026-03-10").await;
    system.run_job(DATE, std::slice::from_ref(&loan)).await;
    let (table, now) = (&system.deps.table, system.deps.now());
    for (status, known) in [(MessageStatus::Delivered, false), (MessageStatus::Sent, true)] {
        assert_eq!(report(table, INSTANCE, "3EB0A1", status, now, now).await.unwrap(), known);
    }
    let mut message = system.daily(&loan, DATE).await;
    message.claim(Some(INSTANCE), now, now).unwrap();
    system.deps.table.replace(&mut message).await.unwrap();
    let tx = table.tx();
    let tx = Delivery::write(table, tx, &mut message, INSTANCE, "3EB0A1", now).await.unwrap();
    tx.commit().await.unwrap();
    let stored = system.daily(&loan, DATE).await;
    assert_eq!(stored.status, Status::Delivered);
    assert!(stored.times.contains_key(&Status::Sent));
    let read = MessageStatus::Read;
    assert!(report(table, INSTANCE, "3EB0A1", read, now, now).await.unwrap());
    assert_eq!(system.daily(&loan, DATE).await.status, Status::Read);
    // The same id at another instance is another message.
    assert!(!report(table, "other", "3EB0A1", read, now, now).await.unwrap());
}

#[tokio::test]
async fn the_connection_of_an_instance_is_kept() {
    let (system, url) = reporting().await;
    let body = json!({ "event": "connection.update", "instance": INSTANCE,
                       "data": { "state": "close", "statusReason": 401 } });
    assert_eq!(post(&system, &url, WEBHOOK_KEY, &body).await, 200);
    let instance = WhatsappInstance::load(&system.deps.table, INSTANCE).await.unwrap();
    assert_eq!(instance.connection, Some(ConnectionState::Closed));
    // The pace is not disturbed.
    let (_, message) = sent(&system).await;
    assert!(message.status >= Status::Sent);
}
