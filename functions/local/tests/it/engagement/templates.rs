//! Texts per step and language, over the wire. 10 February 2026 is a Tuesday.

use platform::auth::Department;
use serde_json::{Value, json};

use super::wire::{borrower, get};
use crate::harness::{BRAZIL, INDIA, TestSystem};

async fn create(system: &TestSystem, body: Value) -> (u16, Value) {
    let call = system.staff(BRAZIL, Department::Admin, "/communications/templates").await;
    let answer = call.post(&body).await;
    (answer.status, answer.body)
}

fn overdue(days: Value, text: &str) -> Value {
    json!({ "kind": "OVERDUE", "fromDaysOverdue": days, "name": "Atraso", "text": text })
}

#[tokio::test(flavor = "multi_thread")]
async fn each_step_of_days_overdue_has_its_text() {
    let system = TestSystem::on("2026-02-10").await;
    // Due on Wednesday the 11th; the second a day later.
    borrower(&system, BRAZIL, "+5511987650001", 1).await;
    for (days, text) in [(json!(2), "dois: {daysOverdue}"), (json!(6), "seis: {daysOverdue}")] {
        assert_eq!(create(&system, overdue(days, text)).await.0, 201);
    }
    let (status, error) = create(&system, overdue(json!(6), "x")).await;
    assert_eq!((status, &error["error"]), (409, &json!("Conflict")));

    // Wednesday: due today. Thursday: the built-in text. Friday: two days. Tuesday: six.
    system.advance_to("2026-02-17T13:00:00Z".parse().unwrap()).await;
    let phones = system.whatsapp_messages().await;
    let texts: Vec<&str> = phones.iter().map(|message| message["text"].as_str().unwrap()).collect();
    assert_eq!(texts.len(), 5, "{texts:?}");
    assert!(texts[0].contains("vence R$ 500,00"), "{texts:?}");
    assert!(texts[1].contains("(dias de atraso: 1)"), "{texts:?}");
    assert_eq!(&texts[2..], ["dois: 2", "dois: 5", "seis: 6"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_is_shown_with_invented_figures() {
    let system = TestSystem::on("2026-02-10").await;
    let preview = async |body: Value| {
        let path = "/communications/templates/preview";
        let call = system.staff(BRAZIL, Department::Collections, path).await;
        call.post(&body).await
    };
    // 500 + 2 % + 1 % a month for 10 days = 500 + 10 + 1.67; ten days before 10 February.
    let text = "{name}: {amountOverdue}, {dueDate}, {daysOverdue}";
    let body = json!({ "kind": "OVERDUE", "fromDaysOverdue": 10, "text": text });
    let shown = preview(body).await.expect(200);
    assert_eq!(shown["preview"], "Ana: R$ 511,67, 31/01/2026, 10");
    let body = json!({ "kind": "BEFORE_DUE", "text": "{amountDue} {dueDate}", "locale": "en-US" });
    assert_eq!(preview(body).await.expect(200)["preview"], "R$500.00 02/13/2026");
    let body = json!({ "kind": "DUE_TODAY", "text": "{valor} {name}" });
    let error = preview(body).await.expect(400);
    assert_eq!(error["errors"][0]["field"], "text");
    assert!(error["errors"][0]["message"].as_str().unwrap().starts_with("{valor} is not known"));
    assert_eq!(
        get(&system, BRAZIL, "/communications/templates").await["items"].as_array().unwrap().len(),
        3
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_built_in_texts_are_shown_until_the_brand_has_its_own() {
    let system = TestSystem::on("2026-02-10").await;
    let kinds = async || {
        let page = get(&system, BRAZIL, "/communications/templates").await;
        let items = page["items"].as_array().unwrap().clone();
        let kind = |item: &Value| (item["kind"].as_str().unwrap().to_owned(), item["id"].is_null());
        items.iter().map(kind).collect::<Vec<_>>()
    };
    let of = |kind: &str, built_in| (kind.to_owned(), built_in);
    let built_in = [of("BEFORE_DUE", true), of("DUE_TODAY", true), of("OVERDUE", true)];
    assert_eq!(kinds().await, built_in);
    // A later step leaves the built-in text in force before it.
    assert_eq!(create(&system, overdue(json!(30), "{name}")).await.0, 201);
    assert_eq!(kinds().await.len(), 4);
    assert_eq!(create(&system, overdue(Value::Null, "{name}")).await.0, 201);
    assert_eq!(kinds().await.len(), 4);

    let wrong = json!({ "kind": "DUE_TODAY", "fromDaysOverdue": 3, "name": "x", "text": "Oi" });
    let (status, error) = create(&system, wrong).await;
    assert_eq!((status, &error["errors"][0]["field"]), (400, &json!("fromDaysOverdue")));
    assert_eq!(
        get(&system, INDIA, "/communications/templates").await["items"].as_array().unwrap().len(),
        3,
        "each brand has its own"
    );
}
