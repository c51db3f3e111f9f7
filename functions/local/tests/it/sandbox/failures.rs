use std::time::Duration;

use connectors::http::{CallError, client_with};
use connectors::whatsapp::WhatsApp as _;
use connectors::whatsapp::evolution::Evolution;
use serde_json::json;
use tempfile::tempdir;

use super::{API_KEY, INSTANCE, Phone};

const NUMBER: &str = "+5511900000001";

#[tokio::test]
async fn each_scripted_failure_is_what_it_says_and_happens_once() {
    let folder = tempdir().unwrap();
    let phone = Phone::start(folder.path()).await;
    // fault, its code, whether the message reached the phone all the same
    let cases = [
        ("error", "PROVIDER_ERROR", false),
        ("rate_limit", "PROVIDER_RATE_LIMIT", false),
        ("disconnected", "INSTANCE_DISCONNECTED", false),
        ("error_after_sending", "PROVIDER_ERROR", true),
        ("malformed", "PROVIDER_REPLY", true),
    ];
    for (fault, code, sent) in cases {
        let script = json!({ "fail_next": [{ "fault": fault, "times": 2 }] });
        assert_eq!(phone.script(script).await, 204);
        for attempt in 1..=2 {
            let key = format!("{fault}-{attempt}");
            let error = phone.send(NUMBER, "Invented text", &key).await.unwrap_err();
            assert_eq!(error.reason().code, code);
            assert_eq!(matches!(error, CallError::Unknown { .. }), sent, "{fault}");
            let arrived =
                phone.messages("").await.iter().any(|message| message["dedupe_key"] == key);
            assert_eq!(arrived, sent, "{fault}");
        }
        phone.send(NUMBER, "Invented text", "after").await.unwrap();
    }
}

#[tokio::test]
async fn a_send_without_answer_is_unknown_whether_it_arrived_or_not() {
    let folder = tempdir().unwrap();
    let phone = Phone::start(folder.path()).await;
    let client = client_with(Duration::from_secs(5), Duration::from_millis(300)).unwrap();
    let hasty = Evolution::new(client);
    let script = json!({
        "fail_next": [{ "fault": "timeout" }, { "fault": "timeout_after_sending" }],
    });
    assert_eq!(phone.script(script).await, 204);
    let instance = phone.instance(INSTANCE, API_KEY);
    let number = NUMBER.parse().unwrap();
    for (key, arrived) in [("com_1", 0), ("com_2", 1)] {
        let sent = hasty.send_text(&instance, &number, "Invented text", key).await;
        assert!(matches!(sent, Err(CallError::Unknown { .. })), "{sent:?}");
        assert_eq!(phone.messages("").await.len(), arrived);
    }
}

#[tokio::test]
async fn a_number_without_whatsapp_a_wrong_key_and_an_unknown_instance_are_refused() {
    let folder = tempdir().unwrap();
    let phone = Phone::start(folder.path()).await;
    assert_eq!(phone.script(json!({ "not_on_whatsapp": ["5511900000009"] })).await, 204);
    let error = phone.send("+5511900000009", "Invented text", "com_1").await.unwrap_err();
    assert_eq!(error.reason().code, "NUMBER_NOT_ON_WHATSAPP");

    let number = NUMBER.parse().unwrap();
    for (name, key, code) in [
        (INSTANCE, "another-key", "PROVIDER_CREDENTIALS"),
        ("nobody", API_KEY, "INSTANCE_NOT_FOUND"),
        ("nobody", "another-key", "PROVIDER_CREDENTIALS"),
    ] {
        let instance = phone.instance(name, key);
        let sent = phone.evolution.send_text(&instance, &number, "Invented text", "com_1").await;
        let error = sent.unwrap_err();
        assert!(matches!(error, CallError::Rejected { permanent: true, .. }));
        assert_eq!(error.reason().code, code);
        let state = phone.evolution.connection_state(&instance).await;
        assert_eq!(state.unwrap_err().reason().code, code);
    }
    assert!(phone.messages("").await.is_empty());

    assert_eq!(phone.script(json!({ "reset": true })).await, 204);
    phone.send("+5511900000009", "Invented text", "com_1").await.unwrap();
}

#[tokio::test]
async fn an_instance_is_created_once() {
    let folder = tempdir().unwrap();
    let phone = Phone::start(folder.path()).await;
    for (name, key, status) in [
        ("new", "another-key", 401),
        ("new", API_KEY, 201),
        ("new", API_KEY, 403),
        ("", API_KEY, 400),
    ] {
        let response = phone
            .http
            .post(format!("{}/instance/create", phone.base_url))
            .header("apikey", key)
            .json(&json!({ "instanceName": name }))
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), status);
    }
    let number = NUMBER.parse().unwrap();
    let instance = phone.instance("new", API_KEY);
    phone.evolution.send_text(&instance, &number, "Invented text", "com_1").await.unwrap();
}

#[tokio::test]
async fn a_script_that_makes_no_sense_is_refused() {
    let folder = tempdir().unwrap();
    let phone = Phone::start(folder.path()).await;
    for script in [
        json!({ "fail_nxt": [] }),
        json!({ "fail_next": [{ "fault": "earthquake" }] }),
        json!({ "fail_next": [{ "fault": "error", "times": 1001 }] }),
        json!({ "fail_next": [{ "fault": "error", "times": u64::MAX }] }),
        json!({ "connection": { "instance": "nobody", "state": "close" } }),
    ] {
        assert_eq!(phone.script(script.clone()).await, 422, "{script}");
    }
}
