use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_scheduler::types::{FlexibleTimeWindow, FlexibleTimeWindowMode, Target};
use local::cloud::{Cloud, CloudConfig, CloudError, Endpoints, Ports};

use super::dynamodb::{create_table, text};
use super::{StillClock, fresh, start};

/// Names the folder in the process that is to be killed.
const FOLDER_VARIABLE: &str = "PARCELA_TEST_CLOUD_FOLDER";
const READY: &str = "cloud ready ";
const NOW: &str = "2026-01-02T12:00:00Z";

/// Serves a cloud until it is killed, when `spawn` runs it; started as a test it has nothing to do.
#[tokio::test]
async fn process_to_be_killed() {
    let Some(folder) = std::env::var_os(FOLDER_VARIABLE) else { return };
    let cloud = start(Path::new(&folder), StillClock::at(NOW)).await;
    let urls = cloud.endpoints();
    let line = format!("{READY}{} {} {} {}", urls.dynamodb, urls.s3, urls.sqs, urls.scheduler);
    // Past the test harness's capture, which print! would go through.
    writeln!(std::io::stdout(), "{line}").unwrap();
    std::future::pending::<()>().await;
}

/// This test binary again, as a process that only serves a cloud.
fn spawn(folder: &Path) -> (Child, Endpoints) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "cloud::restart::process_to_be_killed", "--nocapture"])
        .env(FOLDER_VARIABLE, folder)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let line = lines.map(Result::unwrap).find(|line| line.contains(READY)).unwrap();
    let urls: Vec<&str> = line.split(READY).nth(1).unwrap().split(' ').collect();
    let endpoints = Endpoints {
        dynamodb: urls[0].to_owned(),
        dynamodb_streams: urls[0].to_owned(),
        s3: urls[1].to_owned(),
        sqs: urls[2].to_owned(),
        scheduler: urls[3].to_owned(),
    };
    (child, endpoints)
}

#[tokio::test]
async fn a_killed_process_loses_no_table_object_or_schedule() {
    let dir = tempfile::tempdir().unwrap();
    let (mut process, endpoints) = spawn(dir.path());
    let dynamodb = endpoints.dynamodb_client();
    create_table(&dynamodb, "loans").await;
    for number in 0..50 {
        let put = dynamodb.put_item().table_name("loans").item("pk", text("L"));
        put.item("sk", text(&format!("{number:02}"))).send().await.unwrap();
    }
    let s3 = endpoints.s3_client();
    s3.create_bucket().bucket("audit").send().await.unwrap();
    let body = ByteStream::from_static(b"{}\n");
    s3.put_object().bucket("audit").key("night/1").body(body).send().await.unwrap();
    let window = FlexibleTimeWindow::builder().mode(FlexibleTimeWindowMode::Off).build().unwrap();
    let target = Target::builder()
        .arn("arn:aws:lambda:local:000000000000:function:job-mora")
        .role_arn("arn:aws:iam::000000000000:role/scheduler");
    let schedule = endpoints.scheduler_client().create_schedule().name("mora");
    let schedule = schedule.schedule_expression("cron(30 0 * * ? *)").flexible_time_window(window);
    schedule.target(target.build().unwrap()).send().await.unwrap();
    // SIGKILL: nothing is flushed or closed.
    process.kill().unwrap();
    process.wait().unwrap();

    let cloud = start(dir.path(), StillClock::at(NOW)).await;
    let endpoints = cloud.endpoints();
    let loans = endpoints.dynamodb_client().query().table_name("loans");
    let loans = loans.key_condition_expression("pk = :pk");
    let loans = loans.expression_attribute_values(":pk", text("L")).send().await.unwrap();
    assert_eq!(loans.count, 50);
    let object = endpoints.s3_client().get_object().bucket("audit").key("night/1");
    let object = object.send().await.unwrap().body.collect().await.unwrap();
    assert_eq!(object.into_bytes(), "{}\n");
    let schedule = endpoints.scheduler_client().get_schedule().name("mora").send().await.unwrap();
    assert_eq!(schedule.schedule_expression(), Some("cron(30 0 * * ? *)"));
    cloud.stop().await;
}

#[tokio::test]
async fn one_process_at_a_time_has_the_folder() {
    let (dir, clock, cloud) = fresh().await;
    let config = || CloudConfig {
        data_dir: dir.path().to_owned(),
        ports: Ports::default(),
        clock: clock.clone(),
    };
    let second = Cloud::start(config()).await.unwrap_err();
    assert!(matches!(second, CloudError::InUse(_)), "{second}");
    cloud.stop().await;
    Cloud::start(config()).await.unwrap().stop().await;
}
