use platform::auth::Department;
use serde_json::{Value, json};

use super::support::{Answer, World};

async fn refund(world: &World, payment: &Value, key: &str, body: Value) -> Answer {
    let path = format!("/payment/{}/refund", payment["id"].as_str().unwrap());
    world.post(&path).key(key).json(body).await
}

fn reversal() -> Value {
    json!({"kind": "REVERSAL", "reason": "the cheque bounced"})
}

/// 500.00 paid on its due date; taken back ten days later, the charges are there that the payment
/// kept from arising: 10.00, and 500.00 × 1 % / 30 × 10 = 1.67.
#[tokio::test(flavor = "multi_thread")]
async fn a_payment_taken_back_was_never_made() {
    let world = World::on("2026-02-10").await;
    let loan = world.loan(1, 1).await;
    world.move_to("2026-03-10");
    let payment = world.pay(&loan, "p", "500.00", json!({"reference": "c1"})).await.expect(201);
    assert_eq!(world.view(&loan).await["status"], "PAID");
    let closed = world.get("/completed/closed").send().await.expect(200);
    assert_eq!(closed["items"][0]["id"], json!(loan));
    assert_eq!(closed["items"][0]["endedOn"], "2026-03-10");

    world.move_to("2026-03-20");
    let path = format!("/payment/{}/refund", payment["id"].as_str().unwrap());
    world.post(&path).by(Department::Collections).key("r").json(reversal()).await.expect(403);
    let reversed = refund(&world, &payment, "r", reversal()).await.expect(200);
    assert_eq!(refund(&world, &payment, "r", reversal()).await.expect(200), reversed);
    assert_eq!(reversed["status"], "REVERSED");
    assert_eq!(
        (&reversed["refunds"][0]["amount"], &reversed["refunds"][0]["reason"]),
        (&json!("500.00"), &json!("the cheque bounced"))
    );
    let view = world.view(&loan).await;
    assert_eq!((&view["status"], &view["owed"]["total"]), (&json!("ACTIVE"), &json!("511.67")));
    assert_eq!((&view["totalValuePaid"], &view["credit"]), (&json!("0.00"), &json!("0.00")));
    let closed = world.get("/completed/closed").send().await.expect(200);
    assert_eq!(closed["items"], json!([]));

    let again = refund(&world, &payment, "s", reversal()).await.expect(409);
    assert!(again["message"].as_str().unwrap().contains("REVERSED"), "{again}");
    // A bounced cheque's number is not another payment's.
    world.pay(&loan, "q", "500.00", json!({"reference": "c1"})).await.expect(409);
    world.assert_adds_up(&[loan]).await;
}

/// The earlier of two payments is charged back: the later one is allocated as if it had come alone.
#[tokio::test(flavor = "multi_thread")]
async fn a_chargeback_shifts_what_came_after_it() {
    let world = World::on("2026-02-10").await;
    let loan = world.loan(1, 1).await;
    world.move_to("2026-03-10");
    let first = world.pay(&loan, "a", "400.00", json!({"method": "CARD"})).await.expect(201);
    world.move_to("2026-03-20");
    world.pay(&loan, "b", "100.00", json!({})).await.expect(201);
    let body = json!({"kind": "CHARGEBACK", "reason": "disputed by the holder"});
    let charged_back = refund(&world, &first, "r", body).await.expect(200);
    assert_eq!(charged_back["status"], "CHARGED_BACK");
    // 100.00 pay 10.00 and 1.67, and 88.33 of the principal.
    assert_eq!(world.owed(&loan).await["total"], "411.67");
    let page = world.get("/payment?status=CHARGED_BACK").send().await.expect(200);
    assert_eq!(page["items"], json!([charged_back]));
    world.assert_adds_up(&[loan]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn credit_is_paid_back_up_to_what_is_there() {
    let world = World::on("2026-02-10").await;
    let loan = world.loan(1, 1).await;
    let payment = world.pay(&loan, "p", "530.00", json!({})).await.expect(201);
    assert_eq!(payment["credited"], "30.00");
    let credit = |amount: &str| json!({"kind": "CREDIT", "amount": amount, "reason": "overpaid"});
    let refund_of = |key: &'static str, body| refund(&world, &payment, key, body);
    let missing = json!({"kind": "CREDIT", "reason": "overpaid"});
    assert_eq!(refund_of("a", missing).await.expect(400)["errors"][0]["field"], "amount");
    let too_much = refund_of("a", credit("30.01")).await.expect(400);
    assert_eq!(too_much["errors"][0]["field"], "amount");
    let part = refund_of("a", credit("20.00")).await.expect(200);
    assert_eq!(
        (&part["status"], &part["refunds"][0]["kind"]),
        (&json!("POSTED"), &json!("CREDIT"))
    );
    refund_of("b", credit("10.01")).await.expect(400);
    refund_of("b", credit("10.00")).await.expect(200);
    let view = world.view(&loan).await;
    assert_eq!((&view["credit"], &view["totalValuePaid"]), (&json!("0.00"), &json!("500.00")));
    world.assert_adds_up(&[loan]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changed_nothing_cannot_go_back() {
    let mut world = World::on("2026-02-10").await;
    let loan = world.loan(1, 1).await;
    world.rules(|brand| brand.payments_need_approval = true).await;
    let waiting = world.pay(&loan, "p", "50.00", json!({})).await.expect(201);
    let refusal = refund(&world, &waiting, "r", reversal()).await.expect(409);
    assert!(refusal["message"].as_str().unwrap().contains("PENDING_APPROVAL"), "{refusal}");
    let path = format!("/payment/{}/refund", waiting["id"].as_str().unwrap());
    let other = world.call(reqwest::Method::POST, &world.other, &path).key("r");
    other.json(reversal()).await.expect(404);
}
