use serde_json::{Value, json};

use super::support::World;

/// A customer's two loans of 500.00, the first paid with 180.00 too much.
async fn with_credit() -> (World, String, String) {
    let world = World::on("2026-02-10").await;
    let customer = json!({"name": "Ana Exemplo", "phone": "+5511987650001"});
    let customer = world.post("/customers").json(customer).await.expect(201);
    let customer = customer["id"].as_str().unwrap();
    let (first, second) = (world.loan_of(customer, 1).await, world.loan_of(customer, 1).await);
    world.pay(&first, "p", "680.00", json!({})).await.expect(201);
    (world, first, second)
}

async fn credits(world: &World, loans: [&str; 2]) -> (Value, Value) {
    (world.view(loans[0]).await["credit"].clone(), world.view(loans[1]).await["credit"].clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn credit_pays_another_loan_of_the_customer() {
    let (mut world, first, second) = with_credit().await;
    // It needs no approval: no money arrives.
    world.rules(|brand| brand.payments_need_approval = true).await;
    let from = |loan: &str| json!({"method": "CREDIT", "creditFrom": loan});
    let too_much = world.pay(&second, "a", "180.01", from(&first)).await.expect(400);
    assert_eq!(too_much["errors"][0]["field"], "amount");
    let paid = world.pay(&second, "a", "150.00", from(&first)).await.expect(201);
    assert_eq!(world.pay(&second, "a", "150.00", from(&first)).await.expect(201), paid);
    assert_eq!((&paid["status"], &paid["creditFrom"]), (&json!("POSTED"), &json!(first)));
    assert_eq!(world.owed(&second).await["total"], "350.00");
    assert_eq!(credits(&world, [&first, &second]).await, (json!("30.00"), json!("0.00")));
    // Nothing came in: what both loans keep is still 680.00.
    let stats = world.get("/dashboard/stats").send().await.expect(200);
    assert_eq!(stats["received"], "680.00");
    world.assert_adds_up(&[first.clone(), second.clone()]).await;

    // Taken back, it is the first loan's credit again.
    let path = format!("/payment/{}/refund", paid["id"].as_str().unwrap());
    let back = json!({"kind": "REVERSAL", "reason": "asked for it"});
    world.post(&path).key("r").json(back).await.expect(200);
    assert_eq!(world.owed(&second).await["total"], "500.00");
    assert_eq!(credits(&world, [&first, &second]).await, (json!("180.00"), json!("0.00")));
    world.assert_adds_up(&[first, second]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn credit_is_its_customers_own() {
    let (world, first, second) = with_credit().await;
    let strangers = world.loan(1, 2).await;
    for (loan, more, field) in [
        (&strangers, json!({"method": "CREDIT", "creditFrom": first}), "creditFrom"),
        (&second, json!({"method": "CREDIT"}), "creditFrom"),
        (&second, json!({"creditFrom": first}), "creditFrom"),
        (
            &second,
            json!({"method": "CREDIT", "creditFrom": first, "valueDate": "2026-02-09"}),
            "valueDate",
        ),
    ] {
        let refusal = world.pay(loan, "a", "10.00", more.clone()).await.expect(400);
        assert_eq!(refusal["errors"][0]["field"], field, "{more}");
    }
    assert_eq!(credits(&world, [&first, &second]).await, (json!("180.00"), json!("0.00")));
}
