//! Reminders of staff. The system starts at 09:00 in São Paulo (12:00 UTC) on Tuesday, 10 February.

use aws_sdk_scheduler::error::ProvideErrorMetadata as _;
use domain::ids::ReminderId;
use platform::auth::Department;
use platform::store::{ReminderState, UserReminder};
use serde_json::{Value, json};

use super::wire::{Borrower, about, borrower, get};
use crate::harness::{BRAZIL, INDIA, TestSystem};

async fn create(system: &TestSystem, key: &str, body: &Value) -> (u16, Value) {
    let call = system.staff(BRAZIL, Department::Collections, "/user-reminders").await;
    let answer = call.key(key).post(body).await;
    (answer.status, answer.body)
}

fn at_eleven(ana: &Borrower) -> Value {
    json!({ "loanId": ana.loan, "remindAt": "2026-02-10T11:00:00",
        "text": "Oi {name}, faltam {amountTotal}." })
}

/// The expression of the reminder's schedule, where there is one.
async fn schedule(system: &TestSystem, id: &str) -> Option<(String, String)> {
    let client = system.system().cloud().endpoints().scheduler_client();
    let name = format!("job-user-reminder-{id}");
    match client.get_schedule().name(name).group_name("parcela").send().await {
        Ok(found) => {
            Some((found.schedule_expression.unwrap(), found.schedule_expression_timezone.unwrap()))
        }
        Err(error) => {
            assert_eq!(error.code(), Some("ResourceNotFoundException"));
            None
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reminder_fires_once_at_its_time_and_its_schedule_goes() {
    let system = TestSystem::on("2026-02-10").await;
    let ana = borrower(&system, BRAZIL, "+5511987650001", 30).await;
    let body = at_eleven(&ana);
    let (status, reminder) = create(&system, "a", &body).await;
    assert_eq!(status, 201, "{reminder}");
    assert_eq!(
        (&reminder["state"], &reminder["at"]),
        (&json!("SCHEDULED"), &json!("2026-02-10T14:00:00Z"))
    );
    assert_eq!(create(&system, "a", &body).await, (201, reminder.clone()));
    let id = reminder["id"].as_str().unwrap();
    let expected = ("at(2026-02-10T11:00:00)".to_owned(), "America/Sao_Paulo".to_owned());
    assert_eq!(schedule(&system, id).await, Some(expected));

    system.advance("1h50m").await;
    assert!(about(&system, BRAZIL, &ana.loan).await.is_empty());
    let summary = system.advance("15m").await;
    assert_eq!(summary.jobs["job-user-reminder"], 1);
    assert_eq!(schedule(&system, id).await, None, "the scheduler removes what will not fire again");
    let phones = system.whatsapp_messages().await;
    assert_eq!(phones.len(), 1);
    assert_eq!(phones[0]["text"], "Oi Ana, faltam R$ 0,00.");

    // The scheduler may fire twice, and late.
    let brand = BRAZIL.id().unwrap();
    for _ in 0..2 {
        let event = json!({ "brandId": brand, "reminderId": id });
        let answer = system.invoke("job-user-reminder", event).await;
        assert_eq!(answer, json!({ "state": "FIRED" }));
    }
    system.advance("5m").await;
    assert_eq!(system.whatsapp_messages().await.len(), 1);
    let listed = get(&system, BRAZIL, "/user-reminders?state=FIRED").await;
    let message = &about(&system, BRAZIL, &ana.loan).await[0];
    assert_eq!(listed["items"][0]["communicationId"], message["id"]);
    assert_eq!(get(&system, BRAZIL, "/user-reminders?state=SCHEDULED").await["items"], json!([]));

    let logs = get(&system, BRAZIL, &format!("/user-reminders/{id}/audit-logs")).await;
    let actions: Vec<&str> = logs["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|log| log["action"].as_str().unwrap())
        .collect();
    assert_eq!(actions, ["reminders:create", "reminders:schedule", "reminders:fire"]);
    // Whose it is, is told; nobody else.
    let inbox = async |department| {
        let call = system.staff(BRAZIL, department, "/notifications").await;
        let inbox = call.get().await.expect(200);
        let items = inbox["items"].as_array().unwrap().clone();
        items.iter().filter(|item| item["topic"] == "REMINDER_FIRED").count()
    };
    assert_eq!(inbox(Department::Collections).await, 1);
    assert_eq!(inbox(Department::Admin).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reminder_that_was_cut_off_is_finished_by_the_same_request() {
    let system = TestSystem::on("2026-02-10").await;
    let ana = borrower(&system, BRAZIL, "+5511987650001", 30).await;
    let body = at_eleven(&ana);
    let (_, reminder) = create(&system, "a", &body).await;
    let id = reminder["id"].as_str().unwrap();
    // As a request leaves it that was cut off between the record and the scheduler.
    cut_off(&system, id).await;
    assert_eq!(schedule(&system, id).await, None);
    assert_eq!(create(&system, "a", &body).await, (201, reminder.clone()));
    assert!(schedule(&system, id).await.is_some());
    let listed = get(&system, BRAZIL, "/user-reminders").await;
    assert_eq!(listed["items"][0]["state"], "SCHEDULED");

    // Nobody asks again: the figures find it, and one whose time has come fires.
    cut_off(&system, id).await;
    system.advance("3h").await;
    assert!(system.whatsapp_messages().await.is_empty());
    let path = "/user-reminders/dashboard-metrics/refresh";
    let call = system.staff(BRAZIL, Department::Collections, path).await;
    let figures = call.post(&json!({})).await.expect(200);
    assert_eq!((&figures["waiting"], &figures["fired"]), (&json!(0), &json!(1)));
    system.drain().await;
    assert_eq!(system.whatsapp_messages().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reminder_that_the_scheduler_lost_is_found_by_the_next_count() {
    let system = TestSystem::on("2026-02-10").await;
    let ana = borrower(&system, BRAZIL, "+5511987650001", 30).await;
    let (_, reminder) = create(&system, "a", &at_eleven(&ana)).await;
    let id = reminder["id"].as_str().unwrap();
    delete_schedule(&system, id).await;
    // At 11:20 it may still come, at 11:40 it will not.
    let path = "/user-reminders/dashboard-metrics/refresh";
    for (by, waiting, fired) in [("2h20m", 1, 0), ("20m", 0, 1)] {
        system.advance(by).await;
        let call = system.staff(BRAZIL, Department::Admin, path).await;
        let figures = call.post(&json!({})).await.expect(200);
        assert_eq!((&figures["waiting"], &figures["fired"]), (&json!(waiting), &json!(fired)));
    }
    system.drain().await;
    assert_eq!(system.whatsapp_messages().await.len(), 1);
}

async fn delete_schedule(system: &TestSystem, id: &str) {
    let client = system.system().cloud().endpoints().scheduler_client();
    let name = format!("job-user-reminder-{id}");
    client.delete_schedule().name(name).group_name("parcela").send().await.unwrap();
}

async fn cut_off(system: &TestSystem, id: &str) {
    let (deps, brand) = (system.system().deps(), BRAZIL.id().unwrap());
    let id: ReminderId = id.parse().unwrap();
    let mut stored = UserReminder::load(&deps.table, brand, id).await.unwrap().unwrap();
    stored.state = ReminderState::Scheduling;
    deps.table.replace(&mut stored).await.unwrap();
    delete_schedule(system, &id.to_string()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn figures_are_those_of_the_last_count() {
    let system = TestSystem::on("2026-02-10").await;
    let ana = borrower(&system, BRAZIL, "+5511987650001", 30).await;
    let view = "/user-reminders/dashboard-metrics/view";
    assert_eq!(get(&system, BRAZIL, view).await["waiting"], 0);
    for (key, at) in [("a", "2026-02-10T10:00:00"), ("b", "2026-02-11T10:00:00")] {
        let body = json!({ "customerId": ana.customer, "remindAt": at, "text": "Oi" });
        assert_eq!(create(&system, key, &body).await.0, 201);
    }
    system.advance("1h30m").await;
    assert_eq!(get(&system, BRAZIL, view).await["waiting"], 0, "as counted before");
    let path = "/user-reminders/dashboard-metrics/refresh";
    let call = system.staff(BRAZIL, Department::Admin, path).await;
    let figures = call.post(&json!({})).await.expect(200);
    assert_eq!(
        (&figures["waiting"], &figures["fired"], &figures["sent"], &figures["failed"]),
        (&json!(1), &json!(1), &json!(1), &json!(0))
    );
    assert_eq!(get(&system, BRAZIL, view).await, figures);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_a_reminder_names_its_field() {
    let system = TestSystem::on("2026-02-10").await;
    let ana = borrower(&system, BRAZIL, "+5511987650001", 30).await;
    let with = |name: &str, value: Value| {
        let mut body = at_eleven(&ana);
        body[name] = value;
        body
    };
    for (body, field) in [
        (with("remindAt", json!("2026-02-10T09:00:00")), "remindAt"),
        (with("remindAt", json!("2027-03-10T09:00:00")), "remindAt"),
        (with("remindAt", json!("2026-02-10T11:00:00.5")), "remindAt"),
        (with("text", json!("{valor}")), "text"),
        (with("customerId", json!(ana.customer)), "loanId"),
        (with("channel", json!("SMS")), "templateId"),
        (
            json!({ "customerId": ana.customer, "remindAt": "2026-02-10T11:00:00",
            "text": "{amountDue}" }),
            "text",
        ),
    ] {
        let (status, error) = create(&system, "k", &body).await;
        assert_eq!((status, &error["errors"][0]["field"]), (400, &json!(field)), "{body} {error}");
    }
    // Another brand's reminder is no reminder.
    let (_, reminder) = create(&system, "a", &at_eleven(&ana)).await;
    let path = format!("/user-reminders/{}/audit-logs", reminder["id"].as_str().unwrap());
    let call = system.staff(INDIA, Department::Admin, &path).await;
    call.get().await.expect(404);
}
