//! The system starts, is used, is killed, and goes on where it was.

use platform::auth::Department;

use crate::harness::{BRAZIL, INDIA, TestSystem};

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_loses_nothing() {
    let system = TestSystem::on("2026-01-15").await;
    let signed_in = system.login(&BRAZIL.email(Department::Credit)).await;
    assert_eq!(signed_in["department"], "CREDIT");
    let token = signed_in["accessToken"].as_str().unwrap().to_owned();
    let me = system.call("/api/v1/partner/auth/me").bearer(&token).get().await.expect(200);
    assert_eq!(me["email"], "credit.aurora@example.test");

    let before = system.now();
    let system = system.kill_and_restart().await;
    // The token's key, the session and the clock's offset are those of before.
    let again = system.call("/api/v1/partner/auth/me").bearer(&token).get().await.expect(200);
    assert_eq!(again, me);
    assert!(system.now() >= before);
    assert_eq!(system.brand(INDIA).await.currency.code(), "INR");
}

#[tokio::test(flavor = "multi_thread")]
async fn nights_pass_one_after_another() {
    // Noon of Thursday, 2026-01-15, in Greenwich.
    let system = TestSystem::on("2026-01-15").await;
    let summary = system.advance("5d").await;
    // Two brands; Friday to Tuesday for the daily jobs, Friday, Monday and Tuesday for messages.
    assert_eq!(summary.jobs["job-overdue"], 10);
    assert_eq!(summary.jobs["job-mora"], 10);
    assert_eq!(summary.jobs["job-charge-messages"], 6);
    assert_eq!((summary.messages, summary.dead_letters), (0, 0));

    let runs = system.super_admin("/admin/jobs").await.get().await.expect(200);
    assert!(!runs["items"].as_array().unwrap().is_empty(), "{runs}");
    // The same days again: every schedule counts from the new time. Idle sessions are looked for
    // all day.
    let mut more = system.advance("1h").await;
    assert!(more.jobs.remove("job-idle-sessions").is_some(), "{more:?}");
    assert!(more.jobs.is_empty(), "{more:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_who_reads_the_data_folder_controls_the_system() {
    let system = TestSystem::start().await;
    system.call("/local/status").get().await.expect(401);
    system.call("/local/status").bearer("guessed").get().await.expect(401);
    let token = system.system().running().control_token.clone();
    let status = system.call("/local/status").bearer(&token).get().await.expect(200);
    assert_eq!(status["brands"].as_array().unwrap().len(), 2);
    #[cfg(unix)]
    for file in ["keys.json", "running.json"] {
        use std::os::unix::fs::PermissionsExt as _;
        let metadata = std::fs::metadata(system.data_dir().join(file)).unwrap();
        assert_eq!(metadata.permissions().mode() & 0o077, 0, "{file}");
    }
}
