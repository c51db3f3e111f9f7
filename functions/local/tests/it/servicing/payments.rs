use serde_json::{Value, json};

use super::support::World;

fn split(late_fee: &str, mora: &str, principal: &str, total: &str) -> Value {
    json!({"lateFee": late_fee, "mora": mora, "interest": "0.00", "principal": principal,
           "total": total})
}

/// 500.00 due on 10 March. Ten days later: late fee 2 % = 10.00, mora 500.00 × 1 % / 30 × 10 = 1.67.
/// Of 12.00, 0.33 are left for the principal. Twenty days on: 499.67 × 1 % / 30 × 20 = 3.33.
#[tokio::test(flavor = "multi_thread")]
async fn charges_are_paid_first_and_mora_closes_at_the_payment() {
    let world = World::on("2026-02-10").await;
    let loan = world.loan(1, 1).await;
    world.move_to("2026-03-20");
    assert_eq!(world.owed(&loan).await, split("10.00", "1.67", "500.00", "511.67"));
    let payment = world.pay(&loan, "a", "12.00", json!({})).await.expect(201);
    assert_eq!(payment["status"], "POSTED");
    assert_eq!(payment["allocations"][0]["paid"], split("10.00", "1.67", "0.33", "12.00"));
    assert_eq!(payment["allocations"][0]["closed"], false);
    assert_eq!(world.owed(&loan).await, split("0.00", "0.00", "499.67", "499.67"));
    world.move_to("2026-04-09");
    assert_eq!(world.owed(&loan).await, split("0.00", "3.33", "499.67", "503.00"));
    let rest = world.pay(&loan, "b", "503.00", json!({})).await.expect(201);
    assert_eq!(
        (&rest["allocations"][0]["closed"], &rest["credited"]),
        (&json!(true), &json!("0.00"))
    );
    let paid = world.get(&format!("/loans/{loan}")).send().await.expect(200);
    assert_eq!((&paid["status"], &paid["totalValuePaid"]), (&json!("PAID"), &json!("515.00")));
    world.assert_adds_up(&[loan]).await;
}

/// The bank confirms on 20 March what was paid on the due date: no charge has arisen.
#[tokio::test(flavor = "multi_thread")]
async fn a_payment_of_an_earlier_day_takes_its_charges_back() {
    let world = World::on("2026-02-10").await;
    let loan = world.loan(1, 1).await;
    world.move_to("2026-03-20");
    let value_date = json!({"valueDate": "2026-03-10"});
    let payment = world.pay(&loan, "a", "500.00", value_date).await.expect(201);
    assert_eq!(payment["allocations"][0]["paid"], split("0.00", "0.00", "500.00", "500.00"));
    assert_eq!(payment["credited"], "0.00");
    assert_eq!(world.record(&loan).await.loan.status().to_string(), "PAID");
    world.assert_adds_up(&[loan]).await;
}

/// 400.00 of 10 March arrive after 100.00 of 20 March were posted. As if in order: 100.00 are left
/// overdue, late fee 10.00 of the installment, mora 100.00 × 1 % / 30 × 10 = 0.33; of the 100.00 paid
/// on the 20th, 89.67 go to the principal, and 10.33 are left.
#[tokio::test(flavor = "multi_thread")]
async fn a_payment_before_another_restates_the_loan() {
    let world = World::on("2026-02-10").await;
    let loan = world.loan(1, 1).await;
    world.move_to("2026-03-20");
    world.pay(&loan, "a", "100.00", json!({})).await.expect(201);
    let value_date = json!({"valueDate": "2026-03-10"});
    let payment = world.pay(&loan, "b", "400.00", value_date).await.expect(201);
    assert_eq!(payment["allocations"][0]["paid"], split("0.00", "0.00", "400.00", "400.00"));
    assert_eq!(world.owed(&loan).await, split("0.00", "0.00", "10.33", "10.33"));
    world.assert_adds_up(&[loan]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_oldest_comes_first_unless_another_is_named_and_the_rest_is_credit() {
    let world = World::on("2026-02-10").await;
    let loan = world.loan(3, 1).await;
    let third = format!("inv_{}_3", loan.trim_start_matches("loan_"));
    let named = world.pay(&loan, "a", "600.00", json!({"invoiceId": third})).await.expect(201);
    let paid = |payment: &Value, index: usize| {
        let allocation = &payment["allocations"][index];
        let id = allocation["invoiceId"].as_str().unwrap();
        format!("{} {}", &id[id.len() - 1..], allocation["paid"]["total"].as_str().unwrap())
    };
    assert_eq!((paid(&named, 0), paid(&named, 1)), ("3 500.00".to_owned(), "1 100.00".to_owned()));
    let rest = world.pay(&loan, "b", "1000.00", json!({})).await.expect(201);
    assert_eq!((paid(&rest, 0), paid(&rest, 1)), ("1 400.00".to_owned(), "2 500.00".to_owned()));
    assert_eq!(rest["credited"], "100.00");
    world.assert_adds_up(&[loan]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_posted_is_refused_by_field_or_state() {
    let world = World::on("2026-02-10").await;
    let loan = world.loan(1, 1).await;
    let other_invoice = format!("inv_{}_1", world.brand.id.ulid());
    for (amount, more, field) in [
        ("0.00", json!({}), "amount"),
        ("-5.00", json!({}), "amount"),
        ("0.001", json!({}), "amount"),
        ("10.00", json!({"valueDate": "2026-02-11"}), "valueDate"),
        ("10.00", json!({"valueDate": "2026-02-09"}), "valueDate"),
        ("10.00", json!({"invoiceId": other_invoice}), "invoiceId"),
        ("10.00", json!({"payoff": true}), "amount"),
        ("10.00", json!({"reference": "two words"}), "reference"),
        ("10.00", json!({"method": "BARTER"}), "method"),
    ] {
        let refusal = world.pay(&loan, "a", amount, more.clone()).await.expect(400);
        assert_eq!(refusal["errors"][0]["field"], field, "{amount} {more}: {refusal}");
    }
    assert_eq!(world.owed(&loan).await["total"], "500.00");
    // The key was given back each time.
    world.pay(&loan, "a", "10.00", json!({})).await.expect(201);
    let unknown = format!("loan_{}", world.brand.id.ulid());
    world.pay(&unknown, "b", "10.00", json!({})).await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_brands_ids_answer_as_missing_ones() {
    let world = World::on("2026-02-10").await;
    let loan = world.loan(1, 1).await;
    let payment = world.pay(&loan, "a", "10.00", json!({})).await.expect(201);
    let (payment, ulid) = (payment["id"].as_str().unwrap(), loan.trim_start_matches("loan_"));
    let other = &world.other;
    let missing = world.deps.ulid();
    for (theirs, nobodys) in [
        (format!("/payment/{payment}"), format!("/payment/pay_{missing}")),
        (format!("/invoices/inv_{ulid}_1"), format!("/invoices/inv_{missing}_1")),
    ] {
        let theirs = world.call(reqwest::Method::GET, other, &theirs).send().await;
        let nobodys = world.call(reqwest::Method::GET, other, &nobodys).send().await;
        assert_eq!((theirs.status, theirs.error()), (404, nobodys.error()));
    }
    let waiver = json!({"charge": "MORA", "amount": "1.00", "reason": "goodwill"});
    let approve = |id: String| format!("/payment/approve/{id}");
    for (theirs, nobodys, body) in [
        (approve(payment.to_owned()), approve(format!("pay_{missing}")), json!({})),
        (
            format!("/invoices/inv_{ulid}_1/waive"),
            format!("/invoices/inv_{missing}_1/waive"),
            waiver,
        ),
    ] {
        let post = |path: &str| world.call(reqwest::Method::POST, other, path).key("k");
        let theirs = post(&theirs).json(body.clone()).await;
        let nobodys = post(&nobodys).json(body).await;
        assert_eq!((theirs.status, theirs.error()), (404, nobodys.error()));
    }
    for loan in [loan, format!("loan_{missing}")] {
        let body = json!({"loanId": loan, "amount": "1.00", "method": "CASH"});
        let path = "/payment/process";
        let answer = world.call(reqwest::Method::POST, other, path).key("p").json(body).await;
        assert_eq!(answer.status, 404);
        let path = format!("/payment?loan={loan}");
        let page = world.call(reqwest::Method::GET, other, &path).send().await.expect(200);
        assert_eq!(page["items"], json!([]));
    }
}
