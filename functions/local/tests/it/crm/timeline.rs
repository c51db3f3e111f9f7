use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::harness::{BRAZIL, TestSystem};

#[tokio::test(flavor = "multi_thread")]
async fn everything_that_happens_has_its_line_in_order() {
    let system = TestSystem::on("2026-01-15").await;
    let body = json!({ "name": "Ana Exemplo", "phone": "+5511900000001" });
    let id = system.create_customer(BRAZIL, &body).await;
    system.advance("1h").await;
    let loan = system.lend_to(BRAZIL, &id, "500.00").await;
    system.advance("1h").await;
    let comment = json!({ "text": "Calls back on Monday." });
    system.ask(BRAZIL, &format!("/customers/{id}/comments"), &comment).await.expect(201);
    system.advance("1h").await;
    let message = json!({ "customerId": id, "text": "Olá, {name}!" });
    let call =
        system.staff(BRAZIL, platform::auth::Department::Admin, "/communications/send").await;
    call.key("m").post(&message).await.expect(201);
    system.advance("1h").await;
    let document = json!({ "kind": "PHOTO", "contentType": "image/png", "sizeBytes": 10 });
    system.ask(BRAZIL, &format!("/customers/{id}/documents"), &document).await.expect(201);
    system.advance("1h").await;
    system.pay(BRAZIL, &loan, "100.00").await;

    let lines = all(&system, &id, 2).await;
    // The same in pages of two as on one page.
    assert_eq!(lines, all(&system, &id, 100).await);
    let kinds: BTreeSet<&str> = lines.iter().map(|line| line["kind"].as_str().unwrap()).collect();
    let expected = ["COMMENT", "DOCUMENT", "EVENT", "MESSAGE", "MONEY", "PAYMENT"];
    assert_eq!(kinds, BTreeSet::from(expected));
    let times: Vec<Timestamp> =
        lines.iter().map(|line| line["at"].as_str().unwrap().parse().unwrap()).collect();
    assert!(times.is_sorted_by(|a, b| a >= b), "{times:?}");
    let message = lines.iter().find(|line| line["kind"] == "MESSAGE").unwrap();
    assert_eq!(message["text"], "Olá, {name}!");
    assert_ne!(message["after"]["status"], "QUEUED");
    let payment = lines.iter().find(|line| line["kind"] == "PAYMENT").unwrap();
    assert_eq!((&payment["after"]["amount"], &payment["about"]), (&json!("100.00"), &json!(loan)));
    assert_eq!(lines.last().unwrap()["action"], "customers:create");
}

async fn all(system: &TestSystem, id: &str, limit: usize) -> Vec<Value> {
    let path = format!("/customers/{id}/timeline?limit={limit}");
    let mut page = system.see(BRAZIL, &path).await;
    let mut lines = Vec::new();
    loop {
        lines.extend(page["items"].as_array().unwrap().clone());
        let Some(cursor) = page["nextCursor"].as_str() else { return lines };
        page = system.see(BRAZIL, &format!("{path}&cursor={cursor}")).await;
    }
}
