use aws_sdk_sqs::Client;
use aws_sdk_sqs::error::ProvideErrorMetadata as _;
use aws_sdk_sqs::types::{
    Message, MessageAttributeValue, MessageSystemAttributeName, QueueAttributeName,
    SendMessageBatchRequestEntry,
};
use jiff::SignedDuration;

use super::{StillClock, fresh, soon, start};

pub(super) async fn create_queue(
    client: &Client,
    name: &str,
    attributes: &[(QueueAttributeName, &str)],
) -> String {
    let mut request = client.create_queue().queue_name(name);
    for (name, value) in attributes {
        request = request.attributes(name.clone(), *value);
    }
    request.send().await.unwrap().queue_url.unwrap()
}

/// Redrive to `name` after three receives.
pub(super) fn redrive(name: &str) -> String {
    format!(
        r#"{{"deadLetterTargetArn":"arn:aws:sqs:local:000000000000:{name}","maxReceiveCount":"3"}}"#
    )
}

async fn receive(client: &Client, url: &str, visibility_seconds: i32) -> Vec<Message> {
    let request = client.receive_message().queue_url(url).max_number_of_messages(10);
    let request = request.visibility_timeout(visibility_seconds).message_attribute_names("All");
    let request = request.message_system_attribute_names(MessageSystemAttributeName::All);
    request.send().await.unwrap().messages.unwrap_or_default()
}

/// The digest of the attribute follows the algorithm SQS documents, computed with Python's hashlib:
/// md5(len "kind" kind, len "String" String, 1, len "reminder" reminder).
#[tokio::test]
async fn a_message_makes_the_round_trip() {
    let (_dir, _clock, cloud) = fresh().await;
    let client = cloud.endpoints().sqs_client();
    let url = create_queue(&client, "whatsapp", &[]).await;
    let kind = MessageAttributeValue::builder().data_type("String").string_value("reminder");
    let sent = client
        .send_message()
        .queue_url(&url)
        .message_body("hello")
        .message_attributes("kind", kind.build().unwrap())
        .send()
        .await
        .unwrap();
    // md5 of "hello", RFC 1321's algorithm, from coreutils' md5sum.
    assert_eq!(sent.md5_of_message_body(), Some("5d41402abc4b2a76b9719d911017c592"));
    assert_eq!(sent.md5_of_message_attributes(), Some("92dfc9e81ad57eb0c330130c4b93a8b1"));

    let received = receive(&client, &url, 30).await;
    assert_eq!(received[0].body(), Some("hello"));
    assert_eq!(received[0].message_attributes().unwrap()["kind"].string_value(), Some("reminder"));
    let count =
        &received[0].attributes().unwrap()[&MessageSystemAttributeName::ApproximateReceiveCount];
    assert_eq!(count, "1");
    assert!(receive(&client, &url, 30).await.is_empty(), "in flight is invisible");

    let receipt = received[0].receipt_handle().unwrap();
    let change = client.change_message_visibility().queue_url(&url).receipt_handle(receipt);
    change.visibility_timeout(0).send().await.unwrap();
    let again = receive(&client, &url, 30).await;
    client.delete_message().queue_url(&url).receipt_handle(receipt).send().await.unwrap();
    assert!(!cloud.queues().drained(), "a stale receipt deletes nothing");
    let receipt = again[0].receipt_handle().unwrap();
    client.delete_message().queue_url(&url).receipt_handle(receipt).send().await.unwrap();
    assert!(cloud.queues().drained());

    let missing = client.get_queue_url().queue_name("nowhere").send().await.unwrap_err();
    assert_eq!(missing.code(), Some("AWS.SimpleQueueService.NonExistentQueue"));
    cloud.stop().await;
}

#[tokio::test]
async fn a_delay_passes_on_the_business_clock() {
    let (_dir, clock, cloud) = fresh().await;
    let client = cloud.endpoints().sqs_client();
    let url = create_queue(&client, "paced", &[]).await;
    let send =
        |seconds| client.send_message().queue_url(&url).message_body("x").delay_seconds(seconds);
    send(900).send().await.unwrap();
    let refused = send(901).send().await.unwrap_err();
    assert_eq!(refused.code(), Some("InvalidParameterValue"));
    assert!(receive(&client, &url, 30).await.is_empty());
    let counts = cloud.queues().counts()[0].counts;
    assert_eq!((counts.visible, counts.in_flight, counts.delayed), (0, 0, 1));

    clock.advance(SignedDuration::from_secs(899));
    assert!(receive(&client, &url, 30).await.is_empty());
    let waiting = client.receive_message().queue_url(&url).wait_time_seconds(20).send();
    let waiting = tokio::spawn(waiting);
    clock.advance(SignedDuration::from_secs(1));
    let received = soon(waiting).await.unwrap().unwrap();
    assert_eq!(received.messages().len(), 1);
    cloud.stop().await;
}

#[tokio::test]
async fn the_fourth_receive_finds_it_among_the_dead_letters_which_survive() {
    let (dir, _clock, cloud) = fresh().await;
    let client = cloud.endpoints().sqs_client();
    let dead = create_queue(&client, "work-dead", &[]).await;
    let policy = redrive("work-dead");
    let redrive = [(QueueAttributeName::RedrivePolicy, policy.as_str())];
    let work = create_queue(&client, "work", &redrive).await;
    client.send_message().queue_url(&work).message_body("poison").send().await.unwrap();
    for _ in 0..3 {
        assert_eq!(receive(&client, &work, 0).await.len(), 1);
    }
    assert!(receive(&client, &work, 0).await.is_empty());
    assert!(cloud.queues().drained(), "dead letters do not count");
    drop(cloud);

    let cloud = start(dir.path(), StillClock::at("2026-01-02T12:00:00Z")).await;
    let client = cloud.endpoints().sqs_client();
    create_queue(&client, "work-dead", &[]).await;
    create_queue(&client, "work", &redrive).await;
    let kept = receive(&client, &dead, 0).await;
    assert_eq!(kept[0].body(), Some("poison"));
    let arn = "arn:aws:sqs:local:000000000000:work-dead";
    client.start_message_move_task().source_arn(arn).send().await.unwrap();
    assert!(receive(&client, &dead, 0).await.is_empty());
    assert_eq!(receive(&client, &work, 0).await[0].body(), Some("poison"));
    cloud.stop().await;
}

#[tokio::test]
async fn batches_fail_entry_by_entry() {
    let (_dir, _clock, cloud) = fresh().await;
    let client = cloud.endpoints().sqs_client();
    let url =
        create_queue(&client, "small", &[(QueueAttributeName::MaximumMessageSize, "1024")]).await;
    let entry = |id: &str, length| {
        let entry = SendMessageBatchRequestEntry::builder().id(id);
        entry.message_body("x".repeat(length)).build().unwrap()
    };
    let send = |entries| client.send_message_batch().queue_url(&url).set_entries(Some(entries));
    let sent = send(vec![entry("short", 10), entry("long", 2_000)]).send().await.unwrap();
    assert_eq!(sent.successful()[0].id(), "short");
    assert_eq!((sent.failed()[0].id(), sent.failed()[0].code()), ("long", "InvalidParameterValue"));

    let doubled = send(vec![entry("a", 1), entry("a", 1)]).send().await.unwrap_err();
    assert_eq!(doubled.code(), Some("AWS.SimpleQueueService.BatchEntryIdsNotDistinct"));
    cloud.stop().await;
}

#[tokio::test]
async fn a_request_without_the_local_credentials_is_refused() {
    let (_dir, _clock, cloud) = fresh().await;
    let request = reqwest::Client::new().post(&cloud.endpoints().sqs);
    let request = request.header("x-amz-target", "AmazonSQS.ListQueues").body("{}");
    assert_eq!(request.send().await.unwrap().status(), reqwest::StatusCode::FORBIDDEN);
    cloud.stop().await;
}
