use std::collections::BTreeSet;

use platform::aws::Queue;
use platform::jobs::{Job, ShardMessage};
use platform::store::Run;
use serde_json::{Value, json};

use super::fixture::{BRAND, Deployment, SHARDS, brand_id};
use super::process::{Function, run_to_end};
use crate::architecture::events;

/// The scheduled time of the event is of this day wherever the brand is between 8 hours behind
/// and 15 ahead of Greenwich.
const DATES: [&str; 2] = ["2025-01-05", "2025-01-06"];

#[tokio::test]
async fn job_overdue_records_its_run_and_a_second_firing_sends_its_shards_again() {
    let deployment = Deployment::start().await;
    let function = Function::start("job-overdue", &deployment.environment()).await;
    let event = events::read("job-overdue");
    let answer = function.invoke("first", event.clone()).await;

    assert_eq!(answer["kind"], "planned");
    let run = &answer["run"];
    let date = run["date"].as_str().unwrap();
    assert!(DATES.contains(&date), "{date}");
    assert_eq!(
        [&run["brand"], &run["job"], &run["shards"], &run["startedBy"]],
        [&json!(BRAND), &json!("overdue"), &json!(SHARDS), &json!("schedule")]
    );
    let date = date.parse().unwrap();
    let stored = Run::load(&deployment.table, brand_id(), Job::Overdue, date).await.unwrap();
    let stored = stored.unwrap();
    assert_eq!((stored.shards, stored.done.len(), stored.finished_at), (SHARDS, 0, None));
    assert_eq!(json!(stored.started_at), run["startedAt"]);
    // The shards of a new run follow from the table's stream, which nobody reads here.
    assert_eq!(shards(&deployment, date).await, BTreeSet::new());

    // The scheduler may fire twice: the run stays the first, and its shards go out again.
    assert_eq!(function.invoke("second", event).await, answer);
    assert_eq!(shards(&deployment, date).await, (0..SHARDS).collect());
    let lines = function.log();
    assert!(lines.contains(r#""request_id":"second""#), "{lines}");
    deployment.cloud.stop().await;
}

#[tokio::test]
async fn job_overdue_fails_for_a_brand_that_is_not_there() {
    let deployment = Deployment::start().await;
    let function = Function::start("job-overdue", &deployment.environment()).await;
    let nobody = "brand_01JGZ0000000000000000000ZZ";
    let error = function.invoke_in_vain("first", json!({ "brandId": nobody })).await;
    assert_eq!(error["errorMessage"], format!("there is no brand {nobody}"));
    // The environment goes on after a failure.
    let answer = function.invoke("second", events::read("job-overdue")).await;
    assert_eq!(answer["kind"], "planned");
    deployment.cloud.stop().await;
}

#[tokio::test]
async fn a_function_without_its_configuration_names_what_is_missing() {
    let region = [("AWS_REGION", "local".to_owned()), ("TOKEN_KEY", "too-short".to_owned())];
    let (status, text) =
        tokio::task::spawn_blocking(move || run_to_end("job-overdue", &region)).await.unwrap();
    assert!(!status.success(), "{text}");
    for fault in
        ["TABLE_NAME is not set", "BUCKET_NAME is not set", "TOKEN_KEY is shorter than 32 bytes"]
    {
        assert!(text.contains(fault), "{fault}: {text}");
    }
    assert!(!text.contains("too-short"), "{text}");
}

/// Takes the messages off the queue: the shards that they are of.
async fn shards(deployment: &Deployment, date: jiff::civil::Date) -> BTreeSet<u16> {
    let sqs = deployment.cloud.endpoints().sqs_client();
    let url = deployment.queue_url(Queue::Accrual);
    let mut shards = BTreeSet::new();
    loop {
        let batch = sqs.receive_message().queue_url(&url).max_number_of_messages(10);
        let batch = batch.send().await.unwrap();
        if batch.messages().is_empty() {
            return shards;
        }
        for message in batch.messages() {
            let body: Value = serde_json::from_str(message.body().unwrap()).unwrap();
            let shard: ShardMessage = serde_json::from_value(body).unwrap();
            assert_eq!((shard.brand_id, shard.job, shard.date), (brand_id(), Job::Overdue, date));
            assert!(shards.insert(shard.shard), "shard {} twice", shard.shard);
            let receipt = message.receipt_handle().unwrap();
            sqs.delete_message().queue_url(&url).receipt_handle(receipt).send().await.unwrap();
        }
    }
}
