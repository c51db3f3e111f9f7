use insight::report::{Asked, Bounds, ReportFilters, ReportType, Step, step};
use platform::auth::Department;
use platform::store::{Condition, Consistency, Entity, Export};
use serde_json::json;

use crate::harness::{BRAZIL, TestSystem};

async fn lent() -> TestSystem {
    let system = TestSystem::start().await;
    for number in 1..=7 {
        let body = json!({ "name": "Ana Exemplo", "phone": format!("+55119{number:08}") });
        let id = system.create_customer(BRAZIL, &body).await;
        system.lend_to(BRAZIL, &id, &format!("{number}00.00")).await;
    }
    system
}

async fn csv(system: &TestSystem, report: &str) -> Vec<u8> {
    let path = format!("/report/{report}/csv");
    system.staff(BRAZIL, Department::Admin, &path).await.bytes().await
}

/// A short report is one call: the file that the URL gives is the table.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_the_table() {
    let system = lent().await;
    let path = "/report/master-report/download";
    let view = system.see(BRAZIL, path).await;
    assert_eq!((&view["state"], &view["rows"]), (&json!("READY"), &json!(7)));
    let url = view["url"].as_str().unwrap();
    assert!(url.contains("X-Amz-Expires=300"), "{url}");
    let file = reqwest::get(url).await.unwrap().bytes().await.unwrap();
    assert_eq!(view["sizeBytes"], file.len());
    assert_eq!(file, csv(&system, "master-report").await);
    // Without the signature nobody reads it.
    let bare = url.split('?').next().unwrap();
    assert_eq!(reqwest::get(bare).await.unwrap().status().as_u16(), 403);
    // The same question finds the same file, also while more is lent; ten minutes later a new one.
    let body = json!({ "name": "Bia Exemplo", "phone": "+5511900000099" });
    let id = system.create_customer(BRAZIL, &body).await;
    system.lend_to(BRAZIL, &id, "900.00").await;
    assert_eq!(system.see(BRAZIL, path).await["rows"], 7);
    system.advance("10m").await;
    assert_eq!(system.see(BRAZIL, path).await["rows"], 8);
    let call = system.staff(BRAZIL, Department::Collections, path).await;
    call.get().await.expect(403);
}

/// A long one is written part by part. A step that fails after it uploaded its part and before it
/// said so is done again, and nothing is in the file twice.
#[tokio::test(flavor = "multi_thread")]
async fn a_long_file_is_written_in_steps_and_survives_any_of_them() {
    let system = lent().await;
    let (deps, brand) = (system.system().deps(), system.brand(BRAZIL).await);
    let asked =
        Asked::new(deps, &brand, ReportType::MasterReport, ReportFilters::default()).unwrap();
    let bounds = Bounds { loans: 2, rows: 1, ..Bounds::CALL };
    // What was put away after the first step is made long enough for a part of its own.
    let padding = vec![b'#'; Bounds::CALL.part_bytes];
    let mut steps = 0;
    let export = loop {
        steps += 1;
        let export = match step(deps, &brand, &asked, bounds).await.unwrap() {
            Step::Finished(export) => break export,
            Step::Unfinished(export) => export,
        };
        assert!(export.lease_until.is_none());
        assert!(steps < 10, "{export:?}");
        let tail_key = export.tail_key().unwrap();
        let mut tail = deps.bucket.get(&tail_key).await.unwrap();
        if steps == 1 {
            tail.splice(0..0, padding.iter().copied());
            deps.bucket.put(&tail_key, "text/csv", tail.clone()).await.unwrap();
        }
        // The next step as a call that is cut off: what it says about itself is lost, and so it
        // removes nothing of the step before.
        step(deps, &brand, &asked, bounds).await.unwrap();
        let stored: Option<Export> =
            deps.table.get(&export.key(), Consistency::Strong).await.unwrap();
        if stored.unwrap().finished_at.is_none() {
            let back = deps.table.tx().put("export", &export, Condition::default());
            back.commit().await.unwrap();
            deps.bucket.put(&tail_key, "text/csv", tail).await.unwrap();
        }
    };
    assert!(steps > 2, "{steps} steps, {export:?}");
    assert_eq!((export.parts.len(), export.rows), (2, 7));
    let file = deps.bucket.get(&export.file_key()).await.unwrap();
    assert_eq!(u64::try_from(file.len()).unwrap(), export.bytes);
    let (padded, table) = file.split_at(padding.len());
    assert!(padded == padding && table == csv(&system, "master-report").await);
}

/// While one call works on it, another is told to come again.
#[tokio::test(flavor = "multi_thread")]
async fn two_calls_do_not_write_the_same_file() {
    let system = lent().await;
    let (deps, brand) = (system.system().deps(), system.brand(BRAZIL).await);
    let asked = Asked::new(
        deps,
        &brand,
        ReportType::CashFlow,
        ReportFilters { by: Some(insight::report::Interval::Day), ..ReportFilters::default() },
    )
    .unwrap();
    let bounds = Bounds { loans: 3, rows: 1, ..Bounds::CALL };
    let Step::Unfinished(mut export) = step(deps, &brand, &asked, bounds).await.unwrap() else {
        panic!("seven loans in a step of three")
    };
    export.lease(deps.now());
    deps.table.replace(&mut export).await.unwrap();
    let held = step(deps, &brand, &asked, bounds).await.unwrap();
    assert_eq!(held, Step::Unfinished(export.clone()));
    // Whoever held it is gone: after the lease somebody else goes on.
    system.advance("1m").await;
    let mut last = step(deps, &brand, &asked, bounds).await.unwrap();
    while let Step::Unfinished(_) = last {
        last = step(deps, &brand, &asked, bounds).await.unwrap();
    }
    let Step::Finished(export) = last else { panic!("unfinished") };
    let file = deps.bucket.get(&export.file_key()).await.unwrap();
    let path = "/report/cash-flow/csv?by=DAY";
    assert_eq!(file, system.staff(BRAZIL, Department::Admin, path).await.bytes().await);
}
