use domain::ledger::Position;
use domain::money::Amount;
use http::StatusCode;
use platform::auth::Department;
use platform::store::{Consistency, LoanRecord, Shard};
use serde_json::{Value, json};

use super::support::World;

/// One installment of 500.00, due on 10 March 2026.
fn due_in_march() -> Value {
    json!({"principal": "500.00", "method": "PRICE", "annualRate": "0", "installments": 1,
           "frequency": {"every": 1, "unit": "MONTH"}, "disbursementDate": "2026-02-10"})
}

async fn activate(world: &World, id: &str, key: &str) -> super::support::Answer {
    let path = format!("/loans/{id}/status");
    let call = world.post(&path).by(Department::LoanManagement).key(key);
    call.send(Some(json!({"action": "ACTIVATE"}))).await
}

/// What the brand's shards say is what its loans add up to.
async fn assert_aggregates(world: &World, loans: &[&str]) {
    let shards = Shard::all(&world.deps.table, world.brand.id, Consistency::Strong).await.unwrap();
    for shard in shards {
        let mut sum = Position::default();
        for id in loans {
            let key = LoanRecord::key_of(world.brand.id, id.parse().unwrap());
            let record: Option<LoanRecord> =
                world.deps.table.get(&key, Consistency::Strong).await.unwrap();
            let record = record.unwrap();
            if record.shard == shard.shard {
                sum += record.loan.position(shard.as_of);
            }
        }
        assert_eq!(shard.position, sum);
    }
}

/// Late fee 2 % once: 10.00. Mora 1 % a month: 500.00 × 1 / 30 / 100 = 0.1667 a day, so 0.17 after
/// one day, 1.67 after ten, 5.00 after thirty.
#[tokio::test]
async fn a_contract_from_request_to_overdue() {
    let world = World::on("2026-02-10").await;
    let id = world.approved(due_in_march()).await;
    assert_aggregates(&world, &[&id]).await;
    let loan = activate(&world, &id, "a").await.expect(StatusCode::OK);
    assert_eq!((&loan["status"], &loan["disbursed"]), (&json!("ACTIVE"), &json!("500.00")));
    assert_eq!(loan["invoices"][0]["dueDate"], "2026-03-10");
    assert_aggregates(&world, &[&id]).await;

    for (date, late_fee, mora, owed) in [
        ("2026-03-10", "0.00", "0.00", "500.00"),
        ("2026-03-11", "10.00", "0.17", "510.17"),
        ("2026-03-20", "10.00", "1.67", "511.67"),
        ("2026-04-09", "10.00", "5.00", "515.00"),
    ] {
        world.move_to(date);
        let loan = world.get(&format!("/loans/{id}?explain=true")).ok().await;
        let expected = json!({"lateFee": late_fee, "mora": mora, "interest": "0.00",
                              "principal": "500.00", "total": owed});
        assert_eq!(loan["owed"], expected, "{date}");
        assert_eq!(loan["invoices"][0]["explanation"]["mora"], mora);
        let journal = world.get(&format!("/loans/{id}/journal")).ok().await;
        let total = |account: &str| -> Amount {
            journal["totals"][account].as_str().unwrap_or("0").parse().unwrap()
        };
        let receivable = total("PRINCIPAL_RECEIVABLE")
            + total("INTEREST_RECEIVABLE")
            + total("LATE_FEE_RECEIVABLE")
            + total("MORA_RECEIVABLE");
        assert_eq!(receivable.to_string(), owed, "{date}");
        let sum: Amount = journal["totals"]
            .as_object()
            .unwrap()
            .values()
            .map(|amount| amount.as_str().unwrap().parse::<Amount>().unwrap())
            .sum();
        assert!(sum.is_zero());
    }
    // The contract's screen is one read of one item, 0.5: the brand is remembered, and that the
    // caller's access was not revoked.
    world.deps.table.meter().take();
    world.get(&format!("/loans/{id}")).ok().await;
    assert_eq!(world.deps.table.meter().total().read_units.to_string(), "0.5");
    let listed = world.get("/loans?status=ACTIVE&from=2026-02-10&to=2026-02-10").ok().await;
    assert_eq!(listed["items"][0]["daysPastDue"], 30);
    let none = world.get("/loans?from=2026-02-11").ok().await;
    assert_eq!(none["items"], json!([]));
    let lent = world.get("/loans/disbursed-amount").ok().await;
    assert_eq!((&lent["disbursed"], &lent["activeLoans"]), (&json!("500.00"), &json!(1)));
}

#[tokio::test]
async fn who_decides_does_not_pay_out_and_states_are_kept() {
    let world = World::on("2026-02-10").await;
    let id = world.approved(due_in_march()).await;
    let path = format!("/loans/{id}/status");
    let activation = Some(json!({"action": "ACTIVATE"}));
    let by_credit = world.post(&path).by(Department::Credit).key("x").send(activation.clone());
    by_credit.await.expect(StatusCode::FORBIDDEN);
    let without_key = world.post(&path).send(activation).await.expect(StatusCode::BAD_REQUEST);
    assert_eq!(without_key["errors"][0]["field"], "Idempotency-Key");
    let reject = |reason: Value| Some(json!({"action": "REJECT", "reason": reason}));
    let refused = world.post(&path).send(reject(json!("late"))).await.expect(StatusCode::CONFLICT);
    assert_eq!(
        refused["allowed"],
        json!(["SEND_AGREEMENT", "BEGIN_DISBURSEMENT", "ACTIVATE", "CANCEL"])
    );
    let unreasoned = world.post(&path).send(Some(json!({"action": "CANCEL"}))).await;
    unreasoned.expect(StatusCode::BAD_REQUEST);
    let stale = Some(json!({"action": "CANCEL", "reason": "customer withdrew"}));
    let stale = world.post(&path).if_match("\"1\"").send(stale).await;
    stale.expect(StatusCode::CONFLICT);
    let etag = world.get(&format!("/loans/{id}")).send(None).await.etag.unwrap();
    assert_eq!(etag, "\"2\"");
    let cancel = Some(json!({"action": "CANCEL", "reason": "customer withdrew"}));
    let cancelled = world.post(&path).if_match(&etag).send(cancel).await.expect(StatusCode::OK);
    assert_eq!((&cancelled["stage"], &cancelled["version"]), (&json!("CANCELLED"), &json!(3)));
    assert_aggregates(&world, &[&id]).await;
}

#[tokio::test]
async fn an_activation_is_done_once() {
    let world = World::on("2026-02-10").await;
    let id = world.approved(due_in_march()).await;
    let (one, two) = futures::join!(activate(&world, &id, "one"), activate(&world, &id, "two"));
    let mut statuses = [one.status, two.status];
    statuses.sort();
    assert_eq!(statuses, [StatusCode::OK, StatusCode::CONFLICT]);
    let winner = if one.status == StatusCode::OK { "one" } else { "two" };
    let first = if one.status == StatusCode::OK { one } else { two };
    let again = activate(&world, &id, winner).await;
    assert_eq!(again.expect(StatusCode::OK), first.body);
    let other = Some(json!({"action": "ACTIVATE", "disbursementDate": "2026-02-09"}));
    let path = format!("/loans/{id}/status");
    let other = world.post(&path).by(Department::LoanManagement).key(winner).send(other).await;
    other.expect(StatusCode::UNPROCESSABLE_ENTITY);
    let journal = world.get(&format!("/loans/{id}/journal")).ok().await;
    assert_eq!(journal["items"].as_array().unwrap().len(), 1);
    assert_aggregates(&world, &[&id]).await;
}

/// Under ACT/365 the first month of 10 February has 28 days and that of 10 March 31: another cost
/// than was disclosed.
#[tokio::test]
async fn a_cost_other_than_the_disclosed_one_blocks_the_disbursement() {
    let world = World::on("2026-02-10").await;
    let terms = |date: &str, principal: &str| {
        json!({"principal": principal, "method": "PRICE", "annualRate": "24", "installments": 3,
               "frequency": {"every": 1, "unit": "MONTH"}, "dayCount": "ACT/365",
               "disbursementDate": date})
    };
    let id = world.approved(terms("2026-02-10", "900.00")).await;
    world.move_to("2026-03-10");
    let refused = activate(&world, &id, "early").await.expect(StatusCode::CONFLICT);
    assert!(refused["message"].as_str().unwrap().contains("was disclosed"), "{refused}");
    let path = format!("/loans/{id}/update-with-reasons");
    let more = json!({"terms": terms("2026-03-10", "1900.00"), "reason": "more money"});
    world.post(&path).send(Some(more)).await.expect(StatusCode::CONFLICT);
    let later = json!({"terms": terms("2026-03-10", "900.00"), "reason": "paid out later"});
    world.post(&path).send(Some(later)).await.expect(StatusCode::OK);
    let loan = activate(&world, &id, "early").await.expect(StatusCode::OK);
    assert_eq!(loan["startDate"], "2026-03-10");
    let principal: Amount = loan["invoices"]
        .as_array()
        .unwrap()
        .iter()
        .map(|invoice| invoice["owed"]["principal"].as_str().unwrap().parse::<Amount>().unwrap())
        .sum();
    assert_eq!(principal.to_string(), "900.00");
    assert_aggregates(&world, &[&id]).await;
}

#[tokio::test]
async fn requests_that_cannot_become_contracts_are_refused() {
    let world = World::on("2026-02-10").await;
    let nobody = json!({"customerId": "cus_01ARZ3NDEKTSV4RRFFQ69G5FAV", "terms": due_in_march()});
    let answer = world.post("/loans").send(Some(nobody)).await.expect(StatusCode::BAD_REQUEST);
    assert_eq!(answer["errors"][0]["field"], "customerId");
    let customer = world.customer().await;
    let mut terms = due_in_march();
    terms["principal"] = json!("500.001");
    let body = json!({"customerId": customer, "terms": terms});
    let answer = world.post("/loans").send(Some(body)).await.expect(StatusCode::BAD_REQUEST);
    assert_eq!(answer["errors"][0]["field"], "terms.principal");
    // A quote in full precision is no contract in cents.
    let mut terms = due_in_march();
    terms["installments"] = json!(3);
    terms["rounding"] = json!({"installmentMultiple": "0.01", "installmentMode": "NONE",
                               "interestMultiple": "0.01", "interestMode": "NONE"});
    let body = json!({"customerId": customer, "terms": terms});
    let answer = world.post("/loans").send(Some(body)).await.expect(StatusCode::BAD_REQUEST);
    assert_eq!(answer["errors"][0]["field"], "installments");

    let mut brand = world.brand.clone();
    brand.charges.late_fee = "2.01".parse().unwrap();
    world.deps.brands.save(&mut brand).await.unwrap();
    let body = json!({"customerId": customer, "terms": due_in_march()});
    let answer = world.post("/loans").send(Some(body)).await.expect(StatusCode::CONFLICT);
    assert!(answer["message"].as_str().unwrap().contains("lateFeePercent"), "{answer}");
}

#[tokio::test]
async fn another_brands_loan_is_not_there() {
    let world = World::on("2026-02-10").await;
    let id = world.approved(due_in_march()).await;
    for path in ["", "/invoices", "/journal", "/comments"] {
        let foreign = world.get(&format!("/loans/{id}{path}")).of(world.other.id);
        let foreign = foreign.send(None).await.expect(StatusCode::NOT_FOUND);
        let missing = world.get(&format!("/loans/loan_01ARZ3NDEKTSV4RRFFQ69G5FAV{path}"));
        let missing = missing.send(None).await.expect(StatusCode::NOT_FOUND);
        assert_eq!(foreign["message"], missing["message"]);
    }
    let comment = Some(json!({"text": "Signed at the counter."}));
    let path = format!("/loans/{id}/comments");
    world.post(&path).send(comment).await.expect(StatusCode::CREATED);
    assert_eq!(world.get(&path).ok().await["items"][0]["text"], "Signed at the counter.");
    let nobodys = world.get("/loans/unallocated").ok().await;
    assert_eq!(nobodys["items"][0]["id"], id.as_str());
}
