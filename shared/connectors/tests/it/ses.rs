use aws_sdk_sesv2::config::timeout::TimeoutConfig;
use aws_sdk_sesv2::config::{BehaviorVersion, Builder, Credentials, Region};
use connectors::email::ses::{Ses, configured};
use connectors::email::{Letter, Mailer, Sender, Sent};
use connectors::http::CallError;
use domain::identity::Email;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::net::TcpListener;
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::ends::end;

const SENT: &str = r#"{"MessageId":"0100018f-invented","Later":{"a":1}}"#;

fn config(endpoint: &str) -> Builder {
    let config = aws_sdk_sesv2::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static("sa-east-1"))
        .credentials_provider(Credentials::new("AKINVENTED", "invented-secret", None, None, "test"))
        .endpoint_url(endpoint);
    configured(config)
}

async fn send_by(config: Builder) -> Result<Sent, CallError> {
    let (address, to): (Email, Email) =
        ("no-reply@lender.example".parse().unwrap(), "ana@example.test".parse().unwrap());
    let letter = Letter {
        from: Sender { name: "Crédito Certo", address: &address },
        to: &to,
        subject: "Parcela\r\nBcc: other@example.test",
        text: "Olá, Ana!",
        tag: "com_invented",
    };
    Ses::new(aws_sdk_sesv2::Client::from_conf(config.build())).send(letter).await
}

async fn answered(reply: ResponseTemplate) -> Result<Sent, CallError> {
    let server = MockServer::start().await;
    // Once: the SDK must not repeat a call by itself.
    Mock::given(method("POST")).respond_with(reply).expect(1).mount(&server).await;
    send_by(config(&server.uri())).await
}

fn error(status: u16, name: &str) -> ResponseTemplate {
    ResponseTemplate::new(status)
        .insert_header("x-amzn-errortype", name)
        .set_body_json(json!({ "message": "refused for ana@example.test" }))
}

#[tokio::test]
async fn an_email_is_sent_once_from_the_brand_with_its_tag() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path("/v2/email/outbound-emails"))
        .respond_with(ResponseTemplate::new(200).set_body_raw(SENT, "application/json"))
        .expect(1)
        .mount(&server)
        .await;
    let sent = send_by(config(&server.uri())).await.unwrap();
    assert_eq!(sent.provider_message_id, "0100018f-invented");
    let body: Value =
        serde_json::from_slice(&server.received_requests().await.unwrap()[0].body).unwrap();
    // "Crédito Certo" in base64 of UTF-8, by coreutils' base64.
    let from = "=?UTF-8?B?Q3LDqWRpdG8gQ2VydG8=?= <no-reply@lender.example>";
    let expected = json!({
        "FromEmailAddress": from,
        "Destination": { "ToAddresses": ["ana@example.test"] },
        "Content": { "Simple": {
            "Subject": { "Data": "ParcelaBcc: other@example.test", "Charset": "UTF-8" },
            "Body": { "Text": { "Data": "Olá, Ana!", "Charset": "UTF-8" } },
        } },
        "EmailTags": [{ "Name": "message", "Value": "com_invented" }],
    });
    assert_eq!(body, expected);
}

#[tokio::test]
async fn each_error_of_the_service_says_whether_to_try_again() {
    let cases = [
        (400, "BadRequestException", ("permanent", "PROVIDER_REFUSED")),
        (400, "MessageRejected", ("permanent", "MESSAGE_REJECTED")),
        (400, "MailFromDomainNotVerifiedException", ("permanent", "SENDER_NOT_VERIFIED")),
        (400, "SendingPausedException", ("permanent", "SENDING_PAUSED")),
        (400, "AccountSuspendedException", ("permanent", "SENDING_PAUSED")),
        (400, "LimitExceededException", ("retryable", "PROVIDER_QUOTA")),
        (403, "InvalidSignatureException", ("permanent", "PROVIDER_CREDENTIALS")),
        (404, "NotFoundException", ("permanent", "PROVIDER_REFUSED")),
        (429, "TooManyRequestsException", ("retryable", "PROVIDER_RATE_LIMIT")),
        (429, "SomethingNew", ("retryable", "PROVIDER_RATE_LIMIT")),
        (500, "InternalServerError", ("unknown", "PROVIDER_ERROR")),
        (503, "ServiceUnavailable", ("unknown", "PROVIDER_ERROR")),
    ];
    for (status, name, expected) in cases {
        let outcome = answered(error(status, name)).await;
        let shown = format!("{outcome:?}");
        assert!(!shown.contains("ana@example.test"), "{shown}");
        assert_eq!(end(outcome), expected, "{status} {name}");
    }
}

#[tokio::test]
async fn a_success_that_names_no_email_is_unknown() {
    for body in ["", "{}", "not json", r#"{"MessageId":""}"#] {
        let reply = ResponseTemplate::new(200).set_body_raw(body, "application/json");
        assert_eq!(end(answered(reply).await), ("unknown", "PROVIDER_REPLY"), "{body}");
    }
}

#[tokio::test]
async fn no_answer_is_unknown_and_no_connection_may_be_tried_again() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", silent.local_addr().unwrap());
    let timeout = TimeoutConfig::builder().operation_timeout(Duration::from_millis(200)).build();
    let outcome = send_by(config(&endpoint).timeout_config(timeout)).await;
    assert_eq!(end(outcome), ("unknown", "PROVIDER_TIMEOUT"));
    drop(silent);
    assert_eq!(end(send_by(config(&endpoint)).await), ("retryable", "PROVIDER_UNREACHABLE"));
}

#[test]
fn a_long_name_becomes_several_encoded_words_that_split_no_letter() {
    let address: Email = "no-reply@lender.example".parse().unwrap();
    let header = |name: &str| Sender { name, address: &address }.header();
    assert_eq!(header("  "), "no-reply@lender.example");
    let name = "é".repeat(40);
    let long = header(&name);
    // 40 letters of two bytes: 22 (44 bytes) and 18.
    assert_eq!(long.matches("=?UTF-8?B?").count(), 2);
    assert!(long.split(' ').all(|word| word.len() <= 75), "{long}");
    assert!(!header("a <b@example.test>").contains("b@example.test"));
}
