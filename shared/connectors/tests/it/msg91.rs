use std::time::Duration;

use connectors::http::{CallError, REPLY_LIMIT_BYTES, client, client_with};
use connectors::sms::msg91::Msg91;
use connectors::sms::{Account, Sent, Sms, Text};
use secrecy::SecretString;
use serde_json::json;
use tokio::net::TcpListener;
use wiremock::matchers::{body_json, header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::ends::end;

const KEY: &str = "invented-authkey";
const SENT: &str = r#"{"type":"success","message":"3763646c3058373530393938","extra":{"a":1}}"#;

fn account(base_url: &str) -> Account {
    Account::new(base_url, SecretString::from(KEY)).unwrap()
}

async fn send_by(client: reqwest::Client, base_url: &str) -> Result<Sent, CallError> {
    let values = ["Ana".to_owned(), "₹1,234.00".to_owned()];
    let text = Text { template: "65f0invented", values: &values };
    let to = "+919900000001".parse().unwrap();
    Msg91::new(client).send(&account(base_url), &to, text).await
}

async fn answered(status: u16, body: &str) -> Result<Sent, CallError> {
    let server = MockServer::start().await;
    let reply = ResponseTemplate::new(status).set_body_raw(body, "application/json");
    Mock::given(method("POST")).respond_with(reply).expect(1).mount(&server).await;
    send_by(client().unwrap(), &server.uri()).await
}

#[tokio::test]
async fn a_text_is_sent_by_its_registered_id_with_its_values_in_order() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path("/proxy/api/v5/flow"))
        .and(header("authkey", KEY))
        .and(body_json(json!({
            "template_id": "65f0invented",
            "short_url": "0",
            "recipients": [{ "mobiles": "919900000001", "var1": "Ana", "var2": "₹1,234.00" }],
        })))
        .respond_with(ResponseTemplate::new(200).set_body_raw(SENT, "application/json"))
        .expect(1)
        .mount(&server)
        .await;
    let sent = send_by(client().unwrap(), &format!("{}/proxy/", server.uri())).await.unwrap();
    assert_eq!(sent.provider_message_id, "3763646c3058373530393938");
}

#[tokio::test]
async fn a_failure_that_comes_with_status_200_is_a_failure() {
    let error = |message: &str| json!({ "type": "error", "message": message }).to_string();
    let cases = [
        (error("Invalid authkey"), ("permanent", "PROVIDER_CREDENTIALS")),
        (error("Template id missing or invalid"), ("permanent", "SMS_TEMPLATE")),
        (error("Please provide valid mobile number"), ("permanent", "NUMBER_REFUSED")),
        (error("something else"), ("permanent", "PROVIDER_REFUSED")),
        (json!({ "type": "queued", "message": "x" }).to_string(), ("unknown", "PROVIDER_REPLY")),
        (json!({ "type": "success", "message": "" }).to_string(), ("unknown", "PROVIDER_REPLY")),
        (json!({ "type": "success" }).to_string(), ("unknown", "PROVIDER_REPLY")),
        ("not json".to_owned(), ("unknown", "PROVIDER_REPLY")),
        (String::new(), ("unknown", "PROVIDER_REPLY")),
        ("x".repeat(REPLY_LIMIT_BYTES + 1), ("unknown", "PROVIDER_REPLY")),
    ];
    for (body, expected) in cases {
        assert_eq!(end(answered(200, &body).await), expected, "{:.60}", body);
    }
}

#[tokio::test]
async fn a_status_says_whether_to_try_again() {
    let refused = r#"{"type":"error","message":"mobile missing: 919900000001"}"#;
    let cases = [
        (400, refused, ("permanent", "NUMBER_REFUSED")),
        (400, "{}", ("permanent", "PROVIDER_REFUSED")),
        (401, refused, ("permanent", "PROVIDER_CREDENTIALS")),
        (404, "", ("permanent", "PROVIDER_REFUSED")),
        (429, "", ("retryable", "PROVIDER_RATE_LIMIT")),
        (408, "", ("unknown", "PROVIDER_ERROR")),
        (500, refused, ("unknown", "PROVIDER_ERROR")),
        (503, "", ("unknown", "PROVIDER_ERROR")),
    ];
    for (status, body, expected) in cases {
        let outcome = answered(status, body).await;
        let shown = format!("{outcome:?}");
        assert!(!shown.contains("9900000001"), "{shown}");
        assert_eq!(end(outcome), expected, "{status} {body}");
    }
}

#[tokio::test]
async fn no_answer_is_unknown_and_no_connection_may_be_tried_again() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = format!("http://{}", silent.local_addr().unwrap());
    let client = client_with(Duration::from_secs(5), Duration::from_millis(50)).unwrap();
    assert_eq!(end(send_by(client.clone(), &base_url).await), ("unknown", "PROVIDER_TIMEOUT"));
    drop(silent);
    assert_eq!(end(send_by(client, &base_url).await), ("retryable", "PROVIDER_UNREACHABLE"));
}

#[tokio::test]
async fn values_too_many_or_too_long_are_refused_before_any_call() {
    let msg91 = Msg91::new(client().unwrap());
    let to = "+919900000001".parse().unwrap();
    for values in [vec!["x".repeat(301)], vec![String::new(); 21]] {
        let text = Text { template: "65f0invented", values: &values };
        let sent = msg91.send(&account("http://127.0.0.1:1"), &to, text).await;
        assert_eq!(end(sent), ("permanent", "TEXT_LENGTH"));
    }
}

#[test]
fn the_key_is_masked_and_the_values_do_not_show() {
    let values = ["Ana".to_owned()];
    let text = Text { template: "65f0invented", values: &values };
    let shown = format!("{:?} {text:?}", account("https://sms.example.test"));
    assert!(!shown.contains(KEY) && !shown.contains("Ana"), "{shown}");
    assert!(Account::new("ftp://sms.example.test", SecretString::from(KEY)).is_err());
}
