use jobs::Answer;
use local::bench::stage::input;
use platform::jobs::{Job, JobInput, ShardError, ShardMessage, run_shard};
use platform::store::{Consistency, Run, Shard};

use super::{Nights, contracts, date};

const TODAY: &str = "2026-02-01";
const NIGHT: &str = "2026-02-02";

fn by_hand(nights: &Nights) -> JobInput {
    JobInput {
        started_by: Some("cli".to_owned()),
        reason: Some("a check".to_owned()),
        ..input(&nights.brand)
    }
}

#[tokio::test]
async fn a_run_is_what_its_dry_run_said_and_a_replay_proves_that_it_changed_nothing() {
    let nights = Nights::of(&contracts(20, "2025-12-20"), 2, TODAY).await;
    nights.stage.set_date(date(NIGHT)).unwrap();
    let deps = || nights.stage.deps.clone();
    let before = nights.items().await;
    let dry = JobInput { dry_run: true, ..by_hand(&nights) };
    let Answer::Dry { count, lines } = jobs::overdue::handle(deps(), dry.clone()).await.unwrap()
    else {
        panic!("not a dry run")
    };
    assert!(count > 0);
    assert_eq!(nights.items().await, before, "a dry run wrote");

    let Answer::Done { run, shards } =
        jobs::overdue::handle(deps(), by_hand(&nights)).await.unwrap()
    else {
        panic!("not done by hand")
    };
    assert!(shards.iter().all(|shard| !shard.unchanged));
    assert_eq!(run.counts()["invoices"], u64::try_from(count).unwrap());
    let mut written = Vec::new();
    for shard in 0..2 {
        let key = format!("nights/{}/{NIGHT}/overdue/{shard:02}.ndjson", nights.brand.id);
        let body = nights.stage.deps.bucket.get(&key).await.unwrap();
        for line in body.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            written.push(serde_json::from_slice::<serde_json::Value>(line).unwrap());
        }
    }
    assert_eq!(written, lines);

    nights.stage.deps.table.meter().take();
    let Answer::Done { shards, .. } =
        jobs::overdue::handle(deps(), by_hand(&nights)).await.unwrap()
    else {
        panic!("not done by hand")
    };
    assert!(shards.iter().all(|shard| shard.unchanged), "{shards:?}");
    assert!(nights.stage.deps.table.meter().total().write_units.is_zero());
    let Answer::Dry { count, .. } = jobs::overdue::handle(deps(), dry).await.unwrap() else {
        panic!("not a dry run")
    };
    assert_eq!(count, 0);
}

#[tokio::test]
async fn a_figure_that_drifted_is_reported_and_ends_the_night() {
    let nights = Nights::of(&contracts(10, "2025-12-20"), 1, TODAY).await;
    nights.assert_no_drift().await;
    let deps = &nights.stage.deps;
    let key = Shard::key_of(nights.brand.id, 0);
    let mut shard: Shard = deps.table.get(&key, Consistency::Strong).await.unwrap().unwrap();
    shard.position.mora_owed += local::bench::portfolio::cents(1);
    deps.table.replace(&mut shard).await.unwrap();

    let report = jobs::rebuild::check(deps, &nights.brand).await.unwrap();
    assert_eq!((report.drift, report.differences[0].record.as_str()), (1, "shard 0"));
    nights.stage.set_date(date(NIGHT)).unwrap();
    let date = date(NIGHT);
    let message = ShardMessage { brand_id: nights.brand.id, job: Job::Mora, date, shard: 0 };
    let error = run_shard(deps, &message).await.unwrap_err();
    assert!(matches!(error, ShardError::Drift { shard: 0, .. }), "{error}");
    assert!(Run::load(&deps.table, nights.brand.id, Job::Mora, date).await.unwrap().is_none());
    let after: Shard = deps.table.get(&key, Consistency::Strong).await.unwrap().unwrap();
    assert_eq!(after, shard, "the night went on");
}
