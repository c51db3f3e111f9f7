use std::collections::BTreeMap;

use jiff::civil::Date;
use platform::jobs::Job;

use super::{Nights, contracts, date};

const CONTRACTS: u32 = 24;
const TODAY: &str = "2026-02-01";
const DAYS: [&str; 6] =
    ["2026-02-02", "2026-02-03", "2026-02-04", "2026-02-05", "2026-02-06", "2026-02-07"];

/// The end state after these firings: the date the clock stands at, the job and its own date.
async fn after(firings: &[(Date, Job, Date)]) -> BTreeMap<String, String> {
    let nights = Nights::of(&contracts(CONTRACTS, "2025-12-20"), 3, TODAY).await;
    nights.stage.listen();
    for (clock, job, of) in firings {
        nights.stage.set_date(*clock).unwrap();
        nights.stage.fire(&nights.brand, *job, *of).await.unwrap();
    }
    nights.assert_no_drift().await;
    nights.end_state().await
}

#[tokio::test]
async fn late_doubled_swapped_and_missing_firings_end_alike() {
    let days: Vec<Date> = DAYS.into_iter().map(date).collect();
    let last = days[days.len() - 1];
    let firings = |jobs: &[Job]| -> Vec<(Date, Job, Date)> {
        days.iter().flat_map(|day| jobs.iter().map(|job| (*day, *job, *day))).collect()
    };
    let daily = after(&firings(&[Job::Overdue, Job::Mora])).await;
    let doubled = after(&firings(&[Job::Overdue, Job::Overdue, Job::Mora, Job::Mora])).await;
    assert_eq!(doubled, daily, "doubled");
    let swapped = after(&firings(&[Job::Mora, Job::Overdue])).await;
    assert_eq!(swapped, daily, "swapped");
    let alone = after(&firings(&[Job::Mora])).await;
    assert_eq!(alone, daily, "mora alone");
    let missing = after(&[(last, Job::Overdue, last), (last, Job::Mora, last)]).await;
    assert_eq!(missing, daily, "missing for five days");
    let late: Vec<_> = firings(&[Job::Overdue, Job::Mora])
        .into_iter()
        .map(|(_, job, of)| (last, job, of))
        .collect();
    assert_eq!(after(&late).await, daily, "late");
    let backwards: Vec<_> = late.into_iter().rev().collect();
    assert_eq!(after(&backwards).await, daily, "the last first");
}

#[tokio::test]
async fn a_replay_writes_nothing_and_each_shard_has_one_audit_record() {
    let nights = Nights::of(&contracts(CONTRACTS, "2025-12-20"), 3, TODAY).await;
    nights.stage.listen();
    let day = date("2026-02-02");
    nights.stage.night(&nights.brand, day).await.unwrap();
    let before = nights.items().await;
    nights.stage.deps.table.meter().take();
    nights.stage.night(&nights.brand, day).await.unwrap();
    assert!(nights.stage.deps.table.meter().total().write_units.is_zero());
    assert_eq!(nights.items().await, before);

    let audit = format!("B#{}#A#", nights.brand.id.ulid());
    for job in [Job::Overdue, Job::Mora] {
        for shard in 0..3 {
            let of = format!("run:{day}:{job}:{shard}\"");
            let records: Vec<_> = before
                .iter()
                .filter(|(key, item)| key.starts_with(&audit) && item.contains(&of))
                .collect();
            assert_eq!(records.len(), 1, "{of}");
            let (_, item) = records[0];
            let lines = item.split("nights/").nth(1).unwrap().split('"').next().unwrap();
            let lines = nights.stage.deps.bucket.get(&format!("nights/{lines}")).await.unwrap();
            assert!(lines.ends_with(b"}\n"));
        }
    }
}
