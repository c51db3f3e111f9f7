use std::time::Duration;

use futures::FutureExt as _;
use platform::jobs::{Job, ShardMessage, charge_messages, run_shard};

use super::{Nights, contracts, date};

const TODAY: &str = "2026-02-01";
const NIGHT: &str = "2026-02-02";

fn message(nights: &Nights, job: Job) -> ShardMessage {
    ShardMessage { brand_id: nights.brand.id, job, date: date(NIGHT), shard: 0 }
}

/// Runs a shard and drops it after it was polled this many times.
async fn cut_off(nights: &Nights, job: Job, polls: u32) -> bool {
    let message = message(nights, job);
    let mut run = Box::pin(run_shard(&nights.stage.deps, &message));
    for _ in 0..polls {
        if let Ok(result) = tokio::time::timeout(Duration::from_millis(2), &mut run).await {
            result.unwrap();
            return true;
        }
    }
    drop(run);
    false
}

#[tokio::test]
async fn a_shard_cut_off_anywhere_is_finished_by_the_next_run() {
    let whole = Nights::of(&contracts(16, "2025-12-20"), 1, TODAY).await;
    whole.stage.set_date(date(NIGHT)).unwrap();
    for job in [Job::Overdue, Job::Mora] {
        run_shard(&whole.stage.deps, &message(&whole, job)).await.unwrap();
    }
    let cut = Nights::of(&contracts(16, "2025-12-20"), 1, TODAY).await;
    cut.stage.set_date(date(NIGHT)).unwrap();
    for job in [Job::Overdue, Job::Mora] {
        // Each try is cut a little later than the one before, until one is through.
        let mut polls = 1;
        while !cut_off(&cut, job, polls).await {
            polls += 1;
        }
    }
    assert_eq!(cut.end_state().await, whole.end_state().await);
    cut.assert_no_drift().await;
    let events = |items: std::collections::BTreeMap<String, String>| {
        items.keys().filter(|key| key.contains("#E#run:")).count()
    };
    assert_eq!(events(cut.items().await), 2, "one event for each job");
}

#[tokio::test]
async fn messages_cut_off_anywhere_are_queued_once_and_recorded_whole() {
    let mut nights = Nights::of(&contracts(16, "2025-12-20"), 1, TODAY).await;
    nights.brand.dunning.enabled = true;
    nights.stage.deps.brands.save(&mut nights.brand).await.unwrap();
    nights.stage.set_date(date(NIGHT)).unwrap();
    let deps = &nights.stage.deps;
    let of = message(&nights, Job::ChargeMessages);
    let intended = charge_messages::dry_run_shard(deps, &nights.brand, &of).await.unwrap().len();
    assert!(intended > 4, "{intended} messages");
    let mut polls = 1;
    while !cut_off(&nights, Job::ChargeMessages, polls).await {
        polls += 1;
    }
    assert!(polls > 1, "no run was cut off");
    let counts = run_shard(deps, &of).await.unwrap();
    assert_eq!(counts["messages"], u64::try_from(intended).unwrap());
    let items = nights.items().await;
    let messages = items.keys().filter(|key| key.contains(" M#"));
    assert_eq!(messages.count(), intended);
    let events: Vec<_> = items.iter().filter(|(key, _)| key.contains("#E#run:")).collect();
    assert_eq!(events.len(), 1);
    let key = events[0].1.split("nights/").nth(1).unwrap().split('"').next().unwrap();
    let lines = deps.bucket.get(&format!("nights/{key}")).await.unwrap();
    assert_eq!(lines.iter().filter(|byte| **byte == b'\n').count(), intended);
}

#[tokio::test]
async fn two_workers_on_the_same_shard_do_its_work_once() {
    let nights = Nights::of(&contracts(16, "2025-12-20"), 1, TODAY).await;
    nights.stage.set_date(date(NIGHT)).unwrap();
    for job in [Job::Overdue, Job::Mora] {
        let message = message(&nights, job);
        let deps = &nights.stage.deps;
        let (one, other) =
            futures::join!(run_shard(deps, &message).boxed(), run_shard(deps, &message).boxed());
        one.unwrap();
        other.unwrap();
    }
    nights.assert_no_drift().await;
    let items = nights.items().await;
    assert_eq!(items.keys().filter(|key| key.contains("#E#run:")).count(), 2);
}
