use platform::auth::Department;
use serde_json::{Value, json};

use super::support::{Answer, World};

/// One of 500.00 due on 10 March, seen on 9 April: 10.00 late fee and 5.00 mora, 515.00 in all.
async fn overdue() -> (World, String) {
    let world = World::on("2026-02-10").await;
    let loan = world.loan(1, 1).await;
    world.move_to("2026-04-09");
    (world, loan)
}

async fn settle(world: &World, loan: &str, key: &str, amount: &str, until: &str) -> Answer {
    let body = json!({"amount": amount, "until": until, "reason": "illness"});
    let path = format!("/collection/{loan}/settlement");
    world.post(&path).by(Department::RenegotiationAnalyst).key(key).json(body).await
}

async fn timeline(world: &World, loan: &str) -> Value {
    world.get(&format!("/collection/{loan}/repayment-timeline")).send().await.expect(200)
}

/// Paid on 15 April, when 36 days of mora are 6.00: of 300.00, 284.00 are principal; the rest of it,
/// 216.00, is lost.
#[tokio::test(flavor = "multi_thread")]
async fn a_settlement_that_is_paid_closes_the_loan() {
    let (world, loan) = overdue().await;
    let offered = settle(&world, &loan, "s", "300.00", "2026-04-20").await.expect(201);
    assert_eq!((&offered["owed"], &offered["forgone"]), (&json!("515.00"), &json!("215.00")));
    assert_eq!(settle(&world, &loan, "s", "300.00", "2026-04-20").await.expect(201), offered);
    assert_eq!(timeline(&world, &loan).await["settlement"]["until"], "2026-04-20");
    world.move_to("2026-04-15");
    world.pay(&loan, "a", "100.00", json!({})).await.expect(201);
    assert_eq!(timeline(&world, &loan).await["settlement"]["received"], "100.00");
    let paid = world.pay(&loan, "b", "200.00", json!({})).await.expect(201);
    assert_eq!(paid["loanStage"], "SETTLED");
    let settled = world.get("/completed/settled").send().await.expect(200);
    let item = &settled["items"][0];
    assert_eq!((&item["id"], &item["endedOn"]), (&json!(loan), &json!("2026-04-15")));
    assert_eq!((&item["status"], &item["settlementLoss"]), (&json!("PAID"), &json!("216.00")));
    assert_eq!(item["owed"]["total"], "0.00");
    world.assert_adds_up(&[loan]).await;
}

/// After its last date the offer is over; money that came in time still counts when it is told late.
#[tokio::test(flavor = "multi_thread")]
async fn a_settlement_that_lapses_has_changed_nothing() {
    let (world, loan) = overdue().await;
    let late = world.loan(1, 2).await;
    for (key, loan) in [("s", &loan), ("t", &late)] {
        settle(&world, loan, key, "300.00", "2026-04-12").await.expect(201);
    }
    world.move_to("2026-04-13");
    assert_eq!(timeline(&world, &loan).await["settlement"], Value::Null);
    // 34 days: 5.67; 515.67 − 300.00.
    world.pay(&loan, "a", "300.00", json!({})).await.expect(201);
    assert_eq!(world.owed(&loan).await["total"], "215.67");
    let in_time = json!({"valueDate": "2026-04-12"});
    let paid = world.pay(&late, "b", "300.00", in_time).await.expect(201);
    assert_eq!(paid["loanStage"], "SETTLED");
    world.assert_adds_up(&[loan, late]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_offer_is_checked() {
    let (world, loan) = overdue().await;
    for (amount, until, field) in [
        ("515.00", "2026-04-20", "amount"),
        ("0.00", "2026-04-20", "amount"),
        ("300.00", "2026-04-08", "until"),
        ("300.00", "2026-07-09", "until"),
    ] {
        let refusal = settle(&world, &loan, "s", amount, until).await.expect(400);
        assert_eq!(refusal["errors"][0]["field"], field, "{amount} {until}");
    }
    let body = json!({"amount": "300.00", "until": "2026-04-20", "reason": "illness"});
    let path = format!("/collection/{loan}/settlement");
    let by = world.post(&path).by(Department::Collections).key("s").json(body.clone()).await;
    by.expect(403);
    world.call(reqwest::Method::POST, &world.other, &path).key("s").json(body).await.expect(404);
}

/// Lost on 9 April with 515.00; nothing grows from then on, and what is paid is recovered.
#[tokio::test(flavor = "multi_thread")]
async fn a_lost_loan_is_recovered_in_full() {
    let (world, loan) = overdue().await;
    let path = format!("/collection/{loan}/writeoff");
    let reason = json!({"reason": "cannot be found"});
    world.post(&path).by(Department::Collections).key("w").json(reason.clone()).await.expect(403);
    let lost = world.post(&path).key("w").json(reason.clone()).await.expect(200);
    assert_eq!(world.post(&path).key("w").json(reason.clone()).await.expect(200), lost);
    assert_eq!((&lost["status"], &lost["stage"]), (&json!("LOST"), &json!("WRITTEN_OFF")));
    world.post(&path).key("x").json(reason).await.expect(409);
    let listed = world.get("/completed/writeoff").send().await.expect(200);
    assert_eq!(listed["items"][0]["endedOn"], "2026-04-09");
    assert_eq!(world.get("/collection").send().await.expect(200)["items"], json!([]));

    world.move_to("2026-06-09");
    assert_eq!(world.owed(&loan).await["total"], "515.00");
    world.pay(&loan, "a", "215.00", json!({})).await.expect(201);
    let listed = world.get("/completed/writeoff").send().await.expect(200);
    assert_eq!(listed["items"][0]["recovered"], "215.00");
    let paid = world.pay(&loan, "b", "300.00", json!({})).await.expect(201);
    assert_eq!(paid["loanStage"], "COMPLETED");
    assert_eq!(world.view(&loan).await["status"], "PAID");
    let of = async |path: &str| world.get(path).send().await.expect(200)["items"].clone();
    assert_eq!(of("/completed/writeoff").await, json!([]));
    assert_eq!(of("/completed/closed").await[0]["endedOn"], "2026-06-09");
    assert_eq!(of("/completed").await.as_array().unwrap().len(), 1);
    world.assert_adds_up(&[loan]).await;
}

/// 1,000.00 at 3 % a month in 2 of 522.61: interest 30.00 and 15.22, the first period of 28 days.
/// After 10 days 30.00 × 10 / 28 = 10.71 are earned: 1,010.71; 5 % off are 50.54. After 15 days
/// 16.07: 1,016.07 − 50.80 = 965.27.
#[tokio::test(flavor = "multi_thread")]
async fn an_early_payoff_is_quoted_and_taken() {
    let mut world = World::on("2026-02-10").await;
    world.rules(|brand| brand.servicing.payoff_discount = "5".parse().unwrap()).await;
    let customer = json!({"name": "Ana Exemplo", "phone": "+5511987650001"});
    let customer = world.post("/customers").json(customer).await.expect(201);
    let terms = json!({"principal": "1000.00", "method": "PRICE", "monthlyRate": "3",
        "installments": 2, "frequency": {"every": 1, "unit": "MONTH"},
        "disbursementDate": "2026-02-10"});
    let loan = world.lend(customer["id"].as_str().unwrap(), terms).await;
    world.move_to("2026-02-20");
    let path = format!("/collection/{loan}/payoff-quote");
    let quote = world.get(&path).send().await.expect(200);
    assert_eq!(
        (&quote["owed"]["total"], &quote["unearnedInterest"]),
        (&json!("1045.22"), &json!("34.51"))
    );
    assert_eq!((&quote["discount"], &quote["payable"]), (&json!("50.54"), &json!("960.17")));
    let later = world.get(&format!("{path}?on=2026-02-25")).send().await.expect(200);
    assert_eq!((&later["payable"], &later["validUntil"]), (&json!("965.27"), &json!("2026-02-25")));
    for on in ["2026-02-19", "2026-03-23"] {
        let refusal = world.get(&format!("{path}?on={on}")).send().await.expect(400);
        assert_eq!(refusal["errors"][0]["field"], "on");
    }
    // A quote for a later day is enough on an earlier one; the difference is credit.
    let payoff = json!({"payoff": true});
    world.pay(&loan, "a", "960.16", payoff.clone()).await.expect(400);
    let paid = world.pay(&loan, "a", "965.27", payoff).await.expect(201);
    assert_eq!((&paid["loanStage"], &paid["credited"]), (&json!("COMPLETED"), &json!("5.10")));
    world.get(&path).send().await.expect(409);
    world.assert_adds_up(&[loan]).await;
}
