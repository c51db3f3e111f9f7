use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_lambda_events::event::dynamodb::Event;
use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent};
use aws_sdk_dynamodb::types::{AttributeValue, TimeToLiveSpecification};
use aws_sdk_sqs::types::QueueAttributeName;
use futures::FutureExt as _;
use local::cloud::Cloud;
use local::cloud::poller::{QueueHandler, QueueSource, StreamHandler};

use super::dynamodb::{create_table, text};
use super::sqs::{create_queue, redrive};
use super::{StillClock, fresh, soon, start};

/// Texts in the order they came.
type Log = Arc<Mutex<Vec<String>>>;

fn take(log: &Log) -> Vec<String> {
    std::mem::take(&mut *log.lock().unwrap())
}

fn source(queue: &str) -> QueueSource {
    let timeout = Duration::from_secs(10);
    QueueSource { queue: queue.to_owned(), batch_size: 10, concurrency: 1, timeout }
}

/// Logs every body; fails messages that say `bad`, panics on `panic`.
fn worker(log: &Log) -> QueueHandler {
    let log = log.clone();
    Arc::new(move |event: SqsEvent| {
        let log = log.clone();
        async move {
            let mut response = SqsBatchResponse::default();
            for message in event.records {
                let body = message.body.unwrap();
                log.lock().unwrap().push(body.clone());
                assert_ne!(body, "panic");
                if body == "bad" {
                    response.add_failure(message.message_id.unwrap());
                }
            }
            Ok(response)
        }
        .boxed()
    })
}

/// Sends the key of each new item to `queue`, and logs it.
fn outbox(cloud: &Cloud, queue_url: &str, log: &Log) -> StreamHandler {
    let client = cloud.endpoints().sqs_client();
    let (url, log) = (queue_url.to_owned(), log.clone());
    Arc::new(move |event: Event| {
        let (client, url, log) = (client.clone(), url.clone(), log.clone());
        async move {
            for record in event.records {
                let keys = record.change.keys.into_inner();
                let key = match &keys["pk"] {
                    serde_dynamo::AttributeValue::S(key) => key.clone(),
                    other => panic!("{other:?}"),
                };
                log.lock().unwrap().push(format!("{} {key}", record.event_name));
                client.send_message().queue_url(&url).message_body(key).send().await?;
            }
            Ok(())
        }
        .boxed()
    })
}

async fn put(cloud: &Cloud, key: &str) {
    let put = cloud.endpoints().dynamodb_client().put_item().table_name("loans");
    put.item("pk", text(key)).item("sk", text("HEAD")).send().await.unwrap();
}

#[tokio::test]
async fn only_the_failed_messages_of_a_batch_come_back() {
    let (_dir, _clock, cloud) = fresh().await;
    let client = cloud.endpoints().sqs_client();
    let dead = create_queue(&client, "work-dead", &[]).await;
    let policy = redrive("work-dead");
    let at_once = [
        (QueueAttributeName::RedrivePolicy, policy.as_str()),
        (QueueAttributeName::VisibilityTimeout, "0"),
    ];
    let work = create_queue(&client, "work", &at_once).await;
    for body in ["good", "bad"] {
        client.send_message().queue_url(&work).message_body(body).send().await.unwrap();
    }
    let log = Log::default();
    cloud.poller().read_queue(&source("work"), &worker(&log));
    soon(cloud.poller().settled()).await;
    let mut seen = take(&log);
    seen.sort();
    assert_eq!(seen, ["bad", "bad", "bad", "good"]);

    client.send_message().queue_url(&work).message_body("panic").send().await.unwrap();
    soon(cloud.poller().settled()).await;
    assert_eq!(take(&log), ["panic", "panic", "panic"]);
    let received = client.receive_message().queue_url(&dead).max_number_of_messages(10);
    let received = received.send().await.unwrap();
    let bodies: Vec<_> = received.messages().iter().filter_map(|message| message.body()).collect();
    assert_eq!(bodies, ["bad", "panic"]);
    cloud.stop().await;
}

#[tokio::test]
async fn undelivered_messages_come_back_from_the_stream_and_delivered_ones_do_not() {
    let (dir, _clock, cloud) = fresh().await;
    let sqs = cloud.endpoints().sqs_client();
    create_table(&cloud.endpoints().dynamodb_client(), "loans").await;
    let at_once = [(QueueAttributeName::VisibilityTimeout, "0")];
    let url = create_queue(&sqs, "work", &at_once).await;
    let (changes, bodies) = (Log::default(), Log::default());
    cloud.poller().read_stream("loans", outbox(&cloud, &url, &changes));
    cloud.poller().read_queue(&source("work"), &worker(&bodies));
    put(&cloud, "L1").await;
    soon(cloud.poller().settled()).await;
    assert_eq!(
        (take(&changes), take(&bodies)),
        (vec!["INSERT L1".to_owned()], vec!["L1".to_owned()])
    );

    // This one fails again and again, until the process is gone.
    put(&cloud, "bad").await;
    put(&cloud, "L2").await;
    soon(async {
        let mut changed = cloud.queues().changed();
        while changes.lock().unwrap().len() < 2 {
            changed.changed().await.unwrap();
        }
    })
    .await;
    drop(cloud);
    take(&changes);

    let cloud = start(dir.path(), StillClock::at("2026-01-02T12:00:00Z")).await;
    let url = create_queue(&cloud.endpoints().sqs_client(), "work", &at_once).await;
    let bodies = Log::default();
    let log = bodies.clone();
    cloud.poller().read_stream("loans", outbox(&cloud, &url, &changes));
    cloud.poller().read_queue(
        &source("work"),
        &(Arc::new(move |event: SqsEvent| {
            let texts = event.records.into_iter().filter_map(|message| message.body);
            log.lock().unwrap().extend(texts);
            async { Ok(SqsBatchResponse::default()) }.boxed()
        }) as QueueHandler),
    );
    soon(cloud.poller().settled()).await;
    assert_eq!(take(&changes), ["INSERT bad", "INSERT L2"]);
    let mut again = take(&bodies);
    again.sort();
    assert_eq!(again, ["L2", "bad"]);
    cloud.stop().await;
}

#[tokio::test]
async fn a_stream_batch_is_repeated_until_it_succeeds() {
    let (_dir, _clock, cloud) = fresh().await;
    create_table(&cloud.endpoints().dynamodb_client(), "loans").await;
    let log = Log::default();
    let calls = log.clone();
    cloud.poller().read_stream(
        "loans",
        Arc::new(move |event: Event| {
            let calls = calls.clone();
            async move {
                let number = {
                    let mut calls = calls.lock().unwrap();
                    calls.push(event.records[0].event_name.clone());
                    calls.len()
                };
                match number {
                    1 => Err("not yet".into()),
                    2 => panic!("not yet either"),
                    _ => Ok(()),
                }
            }
            .boxed()
        }),
    );
    put(&cloud, "L1").await;
    soon(cloud.poller().settled()).await;
    assert_eq!(take(&log), ["INSERT", "INSERT", "INSERT"]);
    cloud.stop().await;
}

#[tokio::test]
async fn an_item_that_expired_is_a_record_of_the_stream_like_another() {
    let (_dir, _clock, cloud) = fresh().await;
    let client = cloud.endpoints().dynamodb_client();
    create_table(&client, "loans").await;
    let ttl = TimeToLiveSpecification::builder().attribute_name("ttl").enabled(true).build();
    let update = client.update_time_to_live().table_name("loans");
    update.time_to_live_specification(ttl.unwrap()).send().await.unwrap();
    let log = Log::default();
    let names = log.clone();
    cloud.poller().read_stream(
        "loans",
        Arc::new(move |event: Event| {
            names.lock().unwrap().extend(event.records.into_iter().map(|record| record.event_name));
            async { Ok(()) }.boxed()
        }),
    );
    let put = client.put_item().table_name("loans").item("pk", text("L1")).item("sk", text("HEAD"));
    put.item("ttl", AttributeValue::N("1".to_owned())).send().await.unwrap();
    assert_eq!(cloud.sweep_expired().await.unwrap(), 1);
    soon(cloud.poller().settled()).await;
    assert_eq!(take(&log), ["INSERT", "REMOVE"]);
    cloud.stop().await;
}
