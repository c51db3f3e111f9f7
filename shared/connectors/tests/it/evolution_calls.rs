use std::time::Duration;

use connectors::http::{CallError, REPLY_LIMIT_BYTES, client, client_with};
use connectors::whatsapp::evolution::Evolution;
use connectors::whatsapp::{ConnectionState, Instance, Sent, WhatsApp};
use domain::identity::Phone;
use secrecy::SecretString;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use wiremock::matchers::{body_json, header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::ends::end;

const KEY: &str = "invented-api-key";
const SENT: &str = include_str!("../../fixtures/evolution/send-text-201.json");
const NOT_ON_WHATSAPP: &str =
    include_str!("../../fixtures/evolution/number-not-on-whatsapp-400.json");
const SCHEMA: &str = include_str!("../../fixtures/evolution/schema-400.json");
const CLOSED: &str = include_str!("../../fixtures/evolution/connection-closed-400.json");
const AFTER_SENDING: &str = include_str!("../../fixtures/evolution/after-sending-400.json");
const UNAUTHORIZED: &str = include_str!("../../fixtures/evolution/unauthorized-401.json");
const NO_INSTANCE: &str = include_str!("../../fixtures/evolution/instance-404.json");
const STATE: &str = include_str!("../../fixtures/evolution/connection-state-200.json");

fn instance(base_url: &str) -> Instance {
    Instance::new(base_url, "parcela-invented", SecretString::from(KEY)).unwrap()
}

fn phone() -> Phone {
    "+5511900000001".parse().unwrap()
}

async fn send(base_url: &str) -> Result<Sent, CallError> {
    let evolution = Evolution::new(client().unwrap());
    evolution.send_text(&instance(base_url), &phone(), "Invented text", "com_invented").await
}

async fn send_answered(reply: ResponseTemplate) -> Result<Sent, CallError> {
    let server = MockServer::start().await;
    Mock::given(method("POST")).respond_with(reply).expect(1).mount(&server).await;
    send(&server.uri()).await
}

fn json_reply(status: u16, body: &str) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_raw(body, "application/json")
}

#[tokio::test]
async fn a_text_is_sent_once_with_the_key_and_without_the_plus_sign() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path("/gateway/message/sendText/parcela-invented"))
        .and(header("apikey", KEY))
        .and(header("idempotency-key", "com_invented"))
        .and(body_json(json!({
            "number": "5511900000001", "text": "Invented text", "linkPreview": false,
        })))
        .respond_with(json_reply(201, SENT))
        .expect(1)
        .mount(&server)
        .await;
    let sent = send(&format!("{}/gateway/", server.uri())).await.unwrap();
    assert_eq!(sent.provider_message_id, "3EB0A1B2C3D4E5F60718");
}

#[tokio::test]
async fn each_refusal_has_its_own_reason() {
    let cases = [
        (400, NOT_ON_WHATSAPP, ("permanent", "NUMBER_NOT_ON_WHATSAPP")),
        (400, SCHEMA, ("permanent", "PROVIDER_REFUSED")),
        (400, CLOSED, ("retryable", "INSTANCE_DISCONNECTED")),
        (401, UNAUTHORIZED, ("permanent", "PROVIDER_CREDENTIALS")),
        (403, UNAUTHORIZED, ("permanent", "PROVIDER_CREDENTIALS")),
        (404, NO_INSTANCE, ("permanent", "INSTANCE_NOT_FOUND")),
        (422, "{}", ("permanent", "PROVIDER_REFUSED")),
        (500, "{}", ("retryable", "PROVIDER_ERROR")),
        (503, "not json", ("retryable", "PROVIDER_ERROR")),
    ];
    for (status, body, expected) in cases {
        assert_eq!(end(send_answered(json_reply(status, body)).await), expected, "{status} {body}");
    }
}

/// Evolution files a message away after it sent it, and reports a failure there as 400 too.
#[tokio::test]
async fn a_failure_that_may_come_after_sending_is_unknown() {
    for (status, body) in
        [(400, AFTER_SENDING), (400, "{}"), (400, "not json"), (408, ""), (502, ""), (504, "")]
    {
        assert_eq!(
            end(send_answered(json_reply(status, body)).await),
            ("unknown", "PROVIDER_ERROR"),
            "{status} {body}"
        );
    }
}

#[tokio::test]
async fn a_success_that_cannot_be_read_is_unknown() {
    let long = "x".repeat(REPLY_LIMIT_BYTES + 1);
    let long_id = json!({ "key": { "id": "x".repeat(129) } }).to_string();
    for body in ["", "not json", "{}", r#"{"key":{"id":""}}"#, &long, &long_id] {
        assert_eq!(end(send_answered(json_reply(201, body)).await), ("unknown", "PROVIDER_REPLY"),);
    }
}

#[tokio::test]
async fn a_rate_limit_says_how_long_to_wait() {
    let after = |value: &str| json_reply(429, "").insert_header("retry-after", value);
    let cases = [
        (json_reply(429, ""), None),
        (after("7"), Some(Duration::from_secs(7))),
        (after("999999999"), Some(Duration::from_secs(3600))),
        (after("Wed, 21 Oct 2026 07:28:00 GMT"), None),
    ];
    for (reply, expected) in cases {
        match send_answered(reply).await {
            Err(CallError::Retryable { reason, after }) => {
                assert_eq!((reason.code, after), ("PROVIDER_RATE_LIMIT", expected));
            }
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_key_does_not_follow_a_redirect() {
    let other = MockServer::start().await;
    Mock::given(method("POST")).respond_with(json_reply(201, SENT)).expect(0).mount(&other).await;
    let reply = ResponseTemplate::new(307).insert_header("location", other.uri());
    assert_eq!(end(send_answered(reply).await), ("permanent", "PROVIDER_REFUSED"));
}

#[tokio::test]
async fn no_answer_in_time_is_unknown_for_a_send_and_retryable_for_a_question() {
    // The kernel completes the connection; nobody ever reads from it.
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = format!("http://{}", silent.local_addr().unwrap());
    let client = client_with(Duration::from_secs(5), Duration::from_millis(50)).unwrap();
    let evolution = Evolution::new(client);
    let instance = instance(&base_url);
    let sent = evolution.send_text(&instance, &phone(), "Invented text", "com_1").await;
    assert_eq!(end(sent), ("unknown", "PROVIDER_TIMEOUT"));
    let state = evolution.connection_state(&instance).await;
    assert_eq!(end(state), ("retryable", "PROVIDER_TIMEOUT"));
}

#[tokio::test]
async fn a_connection_that_breaks_after_the_request_is_unknown() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = format!("http://{}", listener.local_addr().unwrap());
    let accept = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        stream.readable().await.unwrap();
    });
    assert_eq!(end(send(&base_url).await), ("unknown", "PROVIDER_CONNECTION"));
    accept.await.unwrap();
}

#[tokio::test]
async fn no_connection_is_retryable() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    assert_eq!(end(send(&base_url).await), ("retryable", "PROVIDER_UNREACHABLE"));
}

#[tokio::test]
async fn a_text_of_wrong_length_is_refused_before_any_call() {
    let server = MockServer::start().await;
    let evolution = Evolution::new(client().unwrap());
    for text in [String::new(), " \n".to_owned(), "á".repeat(4097)] {
        let sent = evolution.send_text(&instance(&server.uri()), &phone(), &text, "com_1").await;
        assert_eq!(end(sent), ("permanent", "TEXT_LENGTH"));
    }
    assert_eq!(server.received_requests().await.unwrap().len(), 0);
}

#[tokio::test]
async fn the_state_of_the_connection_is_read() {
    let cases = [
        (200, STATE, Ok(ConnectionState::Open)),
        (200, r#"{"instance":{"state":"connecting"}}"#, Ok(ConnectionState::Connecting)),
        (200, r#"{"instance":{"state":"close"}}"#, Ok(ConnectionState::Closed)),
        (200, r#"{"instance":{"state":"levitating"}}"#, Ok(ConnectionState::Unknown)),
        (200, "not json", Err(("retryable", "PROVIDER_REPLY"))),
        (401, UNAUTHORIZED, Err(("permanent", "PROVIDER_CREDENTIALS"))),
        (404, NO_INSTANCE, Err(("permanent", "INSTANCE_NOT_FOUND"))),
        (429, "", Err(("retryable", "PROVIDER_RATE_LIMIT"))),
        (502, "", Err(("retryable", "PROVIDER_ERROR"))),
    ];
    for (status, body, expected) in cases {
        let server = MockServer::start().await;
        Mock::given(method("GET"))
            .and(path("/instance/connectionState/parcela-invented"))
            .and(header("apikey", KEY))
            .respond_with(json_reply(status, body))
            .mount(&server)
            .await;
        let evolution = Evolution::new(client().unwrap());
        let state = evolution.connection_state(&instance(&server.uri())).await;
        match expected {
            Ok(expected) => assert_eq!(state, Ok(expected), "{status} {body}"),
            Err(expected) => assert_eq!(end(state), expected, "{status} {body}"),
        }
    }
}

#[tokio::test]
async fn the_webhook_is_set_with_a_signing_key() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path("/webhook/set/parcela-invented"))
        .and(header("apikey", KEY))
        .respond_with(json_reply(201, "{}"))
        .expect(1)
        .mount(&server)
        .await;
    Evolution::new(client().unwrap())
        .set_webhook(
            &instance(&server.uri()),
            "https://parcela.example.test/webhook/evolution",
            &SecretString::from("invented-jwt-key"),
        )
        .await
        .unwrap();
    let requests = server.received_requests().await.unwrap();
    let body: Value = serde_json::from_slice(&requests[0].body).unwrap();
    let expected = json!({ "webhook": {
        "enabled": true,
        "url": "https://parcela.example.test/webhook/evolution",
        "headers": { "jwt_key": "invented-jwt-key" },
        "byEvents": false,
        "base64": false,
        "events": ["MESSAGES_UPDATE", "MESSAGES_UPSERT", "SEND_MESSAGE", "CONNECTION_UPDATE"],
    } });
    assert_eq!(body, expected);
}

#[test]
fn an_instance_that_could_lead_elsewhere_is_refused() {
    let key = || SecretString::from(KEY);
    for base_url in ["", "ftp://a.test", "https://u:p@a.test", "https://a.test?k=1", "a.test"] {
        assert!(Instance::new(base_url, "name", key()).is_err(), "{base_url}");
    }
    for name in ["", ".", "..", "a/b", "a\\b", "a\nb", &"x".repeat(101)] {
        assert!(Instance::new("https://a.test", name, key()).is_err(), "{name}");
    }
}

#[tokio::test]
async fn neither_key_nor_number_shows_in_debug_or_errors() {
    let instance = instance("https://evolution.example.test");
    let error = send_answered(json_reply(400, NOT_ON_WHATSAPP)).await.unwrap_err();
    let shown = format!("{instance:?} {:?} {error:?} {error}", phone());
    assert!(!shown.contains(KEY) && !shown.contains("1190000000"), "{shown}");
}
