use serde_json::json;

use super::support::World;

#[tokio::test(flavor = "multi_thread")]
async fn the_same_payment_twice_is_one_posting() {
    let world = World::on("2026-02-10").await;
    let loan = world.loan(1, 1).await;
    let first = world.pay(&loan, "a", "100.00", json!({})).await.expect(201);
    let again = world.pay(&loan, "a", "100.00", json!({})).await.expect(201);
    assert_eq!(first, again);
    world.pay(&loan, "a", "100.01", json!({})).await.expect(422);
    let body = json!({"loanId": loan, "amount": "1.00", "method": "CASH"});
    let refusal = world.post("/payment/process").json(body).await.expect(400);
    assert_eq!(refusal["errors"][0]["field"], "Idempotency-Key");
    assert_eq!(world.owed(&loan).await["total"], "400.00");
    let page = world.get(&format!("/payment?loan={loan}")).send().await.expect(200);
    assert_eq!(page["items"], json!([first]));
    world.assert_adds_up(&[loan]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reference_belongs_to_one_payment_of_a_method() {
    let world = World::on("2026-02-10").await;
    let loan = world.loan(1, 1).await;
    let reference = json!({"reference": "E2E-1"});
    let first = world.pay(&loan, "a", "100.00", reference.clone()).await.expect(201);
    let taken = world.pay(&loan, "b", "100.00", json!({"reference": "e2e-1"})).await.expect(409);
    assert!(taken["message"].as_str().unwrap().contains(first["id"].as_str().unwrap()), "{taken}");
    let other_way = json!({"reference": "E2E-1", "method": "TRANSFER"});
    world.pay(&loan, "c", "100.00", other_way).await.expect(201);
    assert_eq!(world.owed(&loan).await["total"], "300.00");
}
