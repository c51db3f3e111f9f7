use serde_json::json;

use crate::harness::{BRAZIL, TestSystem};

#[tokio::test(flavor = "multi_thread")]
async fn who_repaid_in_full_borrows_again_on_the_same_terms() {
    let system = TestSystem::on("2026-01-15").await;
    let body = json!({ "name": "Ana Exemplo", "phone": "+5511900000001" });
    let id = system.create_customer(BRAZIL, &body).await;
    let path = format!("/customers/{id}/reloan");
    let refused = system.ask(BRAZIL, &path, &json!({})).await.expect(409);
    assert_eq!(refused["message"], "no loan of the customer was repaid in full");

    let loan = system.lend_to(BRAZIL, &id, "500.00").await;
    system.pay(BRAZIL, &loan, "200.00").await;
    system.ask(BRAZIL, &path, &json!({})).await.expect(409);
    system.pay(BRAZIL, &loan, "300.00").await;
    let paid = system.see(BRAZIL, &format!("/loans/{loan}")).await;
    assert_eq!((&paid["status"], &paid["stage"]), (&json!("PAID"), &json!("COMPLETED")));

    system.advance("10d").await;
    let again = system.ask(BRAZIL, &path, &json!({ "principal": "800.00" })).await.expect(201);
    assert_eq!((&again["status"], &again["principal"]), (&json!("OPEN"), &json!("800.00")));
    assert_eq!(again["customerId"], id.as_str());
    // One request at a time.
    let refused = system.ask(BRAZIL, &path, &json!({})).await.expect(409);
    assert_eq!(refused["message"], "a request of the customer waits for a decision");

    // From today, not from the first loan's date: the 25th of January, so due on the 25th of
    // February.
    let again = again["id"].as_str().unwrap();
    system.activate(BRAZIL, again).await;
    let running = system.see(BRAZIL, &format!("/loans/{again}")).await;
    assert_eq!(running["invoices"][0]["dueDate"], "2026-02-25");

    // Overdue from the 26th of February.
    system.advance("33d").await;
    let refused = system.ask(BRAZIL, &path, &json!({})).await.expect(409);
    assert_eq!(refused["message"], "a loan of the customer is overdue");
    let missing = "/customers/cus_01ARZ3NDEKTSV4RRFFQ69G5FAV/reloan";
    system.ask(BRAZIL, missing, &json!({})).await.expect(404);
    assert_eq!(system.rebuild(BRAZIL).await["drift"], 0);
}
