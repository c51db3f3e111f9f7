use connectors::whatsapp::evolution::webhook::Event;
use connectors::whatsapp::{ConnectionState, MessageStatus, WhatsApp as _};
use serde_json::json;
use tempfile::tempdir;

use super::{API_KEY, INSTANCE, Phone, Receiver};

#[tokio::test]
async fn a_message_is_sent_delivered_and_read() {
    let folder = tempdir().unwrap();
    let phone = Phone::start(folder.path()).await;
    let mut receiver = Receiver::start(&[]).await;
    receiver.subscribe(&phone).await;
    let sent = phone.send("+5511900000001", "Invented text", "com_1").await.unwrap();
    receiver.expect(&sent, MessageStatus::Sent).await;
    receiver.expect(&sent, MessageStatus::Delivered).await;
    receiver.expect(&sent, MessageStatus::Read).await;
    let messages = phone.messages("?number=5511900000001").await;
    assert_eq!(messages.len(), 1);
    assert_eq!(messages[0]["id"], json!(sent.provider_message_id));
    assert_eq!(messages[0]["text"], "Invented text");
    assert_eq!(messages[0]["dedupe_key"], "com_1");
    assert_eq!(messages[0]["status"], "READ");
}

#[tokio::test]
async fn a_report_is_repeated_until_it_arrives() {
    let folder = tempdir().unwrap();
    let phone = Phone::start(folder.path()).await;
    // The second report fails three times.
    let mut receiver = Receiver::start(&[200, 500, 503, 429]).await;
    receiver.subscribe(&phone).await;
    let sent = phone.send("+5511900000001", "Invented text", "com_1").await.unwrap();
    receiver.expect(&sent, MessageStatus::Sent).await;
    for _ in 0..4 {
        receiver.expect(&sent, MessageStatus::Delivered).await;
    }
    receiver.expect(&sent, MessageStatus::Read).await;
}

#[tokio::test]
async fn a_report_refused_for_good_is_not_repeated() {
    let folder = tempdir().unwrap();
    let phone = Phone::start(folder.path()).await;
    let mut receiver = Receiver::start(&[200, 401]).await;
    receiver.subscribe(&phone).await;
    let sent = phone.send("+5511900000001", "Invented text", "com_1").await.unwrap();
    receiver.expect(&sent, MessageStatus::Sent).await;
    receiver.expect(&sent, MessageStatus::Delivered).await;
    receiver.expect(&sent, MessageStatus::Read).await;
}

#[tokio::test]
async fn a_held_message_goes_on_when_released() {
    let folder = tempdir().unwrap();
    let phone = Phone::start(folder.path()).await;
    let mut receiver = Receiver::start(&[]).await;
    receiver.subscribe(&phone).await;
    assert_eq!(phone.script(json!({ "hold": true })).await, 204);
    let first = phone.send("+5511900000001", "Held", "com_1").await.unwrap();
    receiver.expect(&first, MessageStatus::Sent).await;
    let second = phone.send("+5511900000002", "Held too", "com_2").await.unwrap();
    receiver.expect(&second, MessageStatus::Sent).await;
    for message in phone.messages("").await {
        assert_eq!(message["status"], "SERVER_ACK");
    }
    assert_eq!(phone.script(json!({ "hold": false })).await, 204);
    let mut seen = Vec::new();
    for _ in 0..4 {
        match receiver.next().await {
            Event::Message { message_id, status } => seen.push((message_id, status)),
            other => panic!("{other:?}"),
        }
    }
    for sent in [first, second] {
        let states: Vec<_> = seen
            .iter()
            .filter(|(id, _)| *id == sent.provider_message_id)
            .map(|(_, status)| *status)
            .collect();
        assert_eq!(states, [MessageStatus::Delivered, MessageStatus::Read]);
    }
}

#[tokio::test]
async fn after_a_restart_messages_are_there_and_go_on() {
    let folder = tempdir().unwrap();
    let mut receiver = Receiver::start(&[]).await;
    let sent = {
        let phone = Phone::start(folder.path()).await;
        receiver.subscribe(&phone).await;
        assert_eq!(phone.script(json!({ "hold": true })).await, 204);
        let sent = phone.send("+5511900000001", "Invented text", "com_1").await.unwrap();
        receiver.expect(&sent, MessageStatus::Sent).await;
        sent
    };
    let file = folder.path().join("whatsapp-messages.jsonl");
    let mut lines = std::fs::read(&file).unwrap();
    lines.extend_from_slice(b"{\"line\":\"message\",\"seq\":2,\"id\":\"cut sho");
    std::fs::write(&file, lines).unwrap();

    let phone = Phone::start(folder.path()).await;
    loop {
        match receiver.next().await {
            // The first process may have been stopped before it noted that this had arrived.
            Event::Message { status: MessageStatus::Sent, .. } => {}
            Event::Message { message_id, status } => {
                assert_eq!(message_id, sent.provider_message_id);
                assert_eq!(status, MessageStatus::Delivered);
                break;
            }
            other => panic!("{other:?}"),
        }
    }
    receiver.expect(&sent, MessageStatus::Read).await;
    let again = phone.send("+5511900000001", "After the restart", "com_2").await.unwrap();
    assert_ne!(again, sent);
    let messages = phone.messages("?since=1").await;
    assert_eq!(messages.len(), 1);
    assert_eq!(messages[0]["text"], "After the restart");
}

#[tokio::test]
async fn an_instance_that_goes_off_line_says_so() {
    let folder = tempdir().unwrap();
    let phone = Phone::start(folder.path()).await;
    let mut receiver = Receiver::start(&[]).await;
    receiver.subscribe(&phone).await;
    let instance = phone.instance(INSTANCE, API_KEY);
    let state = phone.evolution.connection_state(&instance).await.unwrap();
    assert_eq!(state, ConnectionState::Open);
    let script = json!({ "connection": { "instance": INSTANCE, "state": "close" } });
    assert_eq!(phone.script(script).await, 204);
    let closed = Event::Connection { state: ConnectionState::Closed, reason: Some(428) };
    assert_eq!(receiver.next().await, closed);
    let state = phone.evolution.connection_state(&instance).await.unwrap();
    assert_eq!(state, ConnectionState::Closed);
}
