//! What staff are told of, over the wire.

use platform::auth::Department;
use serde_json::{Value, json};

use super::wire::{borrower, change_brand};
use crate::harness::{BRAZIL, INDIA, TestSystem};

async fn inbox(system: &TestSystem, department: Department, query: &str) -> Value {
    let call = system.staff(BRAZIL, department, &format!("/notifications{query}")).await;
    call.get().await.expect(200)
}

fn topics(page: &Value) -> Vec<&str> {
    page["items"].as_array().unwrap().iter().map(|item| item["topic"].as_str().unwrap()).collect()
}

/// Three loans; then a payment that waits for approval.
async fn told() -> TestSystem {
    let system = TestSystem::on("2026-02-10").await;
    change_brand(&system, BRAZIL, |brand| brand.payments_need_approval = true).await;
    for number in 1..=3 {
        let ana = borrower(&system, BRAZIL, &format!("+551198765000{number}"), 30).await;
        let body = json!({ "loanId": ana.loan, "amount": "100.00", "method": "PIX" });
        let call = system.staff(BRAZIL, Department::Collections, "/payment/process").await;
        call.key(&format!("pay{number}")).post(&body).await.expect(201);
    }
    system.drain().await;
    system
}

#[tokio::test(flavor = "multi_thread")]
async fn those_who_may_act_on_an_event_are_told_of_it() {
    let system = told().await;
    // The administrator made the loans and knows of them; the payments were recorded by others.
    let admin = inbox(&system, Department::Admin, "").await;
    assert_eq!(topics(&admin), ["PAYMENT_AWAITS_APPROVAL"; 3]);
    assert_eq!(admin["unreadCount"], 3);
    assert!(admin["items"][0]["entity"].as_str().unwrap().starts_with("pay_"), "{admin}");
    let credit = inbox(&system, Department::Credit, "").await;
    assert_eq!(
        topics(&credit),
        ["LOAN_ACTIVATED", "LOAN_REQUESTED"].repeat(3),
        "newest first: {credit}"
    );
    assert_eq!(inbox(&system, Department::Collections, "").await["items"], json!([]));

    // Another delivery tells nobody twice.
    let first = &admin["items"][0];
    let happening = json!({ "kind": "happening", "brandId": BRAZIL.id().unwrap(),
        "eventId": first["id"].as_str().unwrap().replace("ntf_", "aud_"), "topic": "IMPORT_FINISHED",
        "entity": "imp_01JZ0000000000000000000000", "actor": "import", "at": first["createdAt"] });
    let event = json!({ "Records": [{ "messageId": "m", "body": happening.to_string() }] });
    for _ in 0..2 {
        let answer = system.invoke("worker-notify", event.clone()).await;
        assert_eq!(answer, json!({ "batchItemFailures": [] }));
    }
    assert_eq!(inbox(&system, Department::Admin, "").await["unreadCount"], 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn notifications_are_read_and_removed_by_whose_they_are() {
    let system = told().await;
    let all = inbox(&system, Department::Admin, "").await;
    let id = all["items"][0]["id"].as_str().unwrap().to_owned();
    let path = format!("/notifications/{id}/read");
    let call = system.staff(BRAZIL, Department::LoanManagement, &path).await;
    call.patch().await.expect(404);
    let call = system.staff(INDIA, Department::Admin, &path).await;
    call.patch().await.expect(404);
    let call = system.staff(BRAZIL, Department::Admin, &path).await;
    let read = call.patch().await.expect(200);
    assert!(read["readAt"].is_string(), "{read}");
    let call = system.staff(BRAZIL, Department::Admin, &path).await;
    assert_eq!(call.patch().await.expect(200), read, "it stays as it was read first");
    assert_eq!(inbox(&system, Department::Admin, "").await["unreadCount"], 2);

    let call = system.staff(BRAZIL, Department::Admin, "/notifications/read-all").await;
    assert_eq!(call.patch().await.expect(200), json!({ "read": 2 }));
    let call = system.staff(BRAZIL, Department::Admin, "/notifications/read-all").await;
    assert_eq!(call.patch().await.expect(200), json!({ "read": 0 }));
    let after = inbox(&system, Department::Admin, "").await;
    assert_eq!((after["items"].as_array().unwrap().len(), &after["unreadCount"]), (3, &json!(0)));
    assert_eq!(inbox(&system, Department::LoanManagement, "").await["unreadCount"], 3);

    let path = format!("/notifications/{id}");
    let call = system.staff(BRAZIL, Department::LoanManagement, &path).await;
    call.delete().await.expect(404);
    let call = system.staff(BRAZIL, Department::Admin, &path).await;
    call.delete().await.expect(204);
    let call = system.staff(BRAZIL, Department::Admin, &path).await;
    call.delete().await.expect(404);
    assert_eq!(inbox(&system, Department::Admin, "").await["items"].as_array().unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_are_counted_or_followed() {
    let system = told().await;
    let ids = |page: &Value| -> Vec<String> {
        let items = page["items"].as_array().unwrap();
        items.iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
    };
    // Six notifications.
    let all = ids(&inbox(&system, Department::Credit, "").await);
    assert_eq!(all.len(), 6);
    for (page, expected) in [(1, &all[0..4]), (2, &all[4..6]), (3, &all[0..0]), (999, &all[0..0])] {
        let shown = inbox(&system, Department::Credit, &format!("?page={page}&limit=4")).await;
        assert_eq!(ids(&shown), expected, "{page}");
        assert_eq!(shown["unreadCount"], 6);
    }
    let first = inbox(&system, Department::Credit, "?limit=4").await;
    let cursor = first["nextCursor"].as_str().unwrap();
    let second = inbox(&system, Department::Credit, &format!("?limit=4&cursor={cursor}")).await;
    assert_eq!([ids(&first), ids(&second)].concat(), all);
    for query in ["?page=0", "?page=x", "?limit=101"] {
        let call =
            system.staff(BRAZIL, Department::Credit, &format!("/notifications{query}")).await;
        call.get().await.expect(400);
    }
}
