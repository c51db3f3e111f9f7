use platform::auth::Department;
use serde_json::{Value, json};

use super::support::{Answer, World};

/// Three of 500.00, the first paid; on 20 April the second is 10 days overdue: late fee 2 % = 10.00,
/// mora 500.00 × 1 % / 30 × 10 = 1.67, so 1,011.67 are owed.
async fn overdue() -> (World, String) {
    let world = World::on("2026-02-10").await;
    let loan = world.loan(3, 1).await;
    world.move_to("2026-03-10");
    world.pay(&loan, "first", "500.00", json!({})).await.expect(201);
    world.move_to("2026-04-20");
    (world, loan)
}

/// The late fee is given up. Of the down payment 1.67 pay the mora and 200.00 principal; 800.00 are
/// left, of the root's value as well, and are agreed at 3 × 300.00.
fn agreed() -> Value {
    json!({"terms": {"method": "FIXED_INSTALLMENT", "installmentAmount": "300.00",
               "installments": 3, "frequency": {"every": 1, "unit": "MONTH"}},
           "downPayment": "201.67", "downPaymentMethod": "PIX", "waiveLateFeePercent": "100"})
}

async fn propose(world: &World, loan: &str, key: &str, offer: Value) -> Answer {
    let body = json!({"loanId": loan, "offer": offer, "reason": "lost her job"});
    world.post("/renegotiations").by(Department::RenegotiationAnalyst).key(key).json(body).await
}

async fn approve(world: &World, renegotiation: &Value, department: Department) -> Answer {
    let id = renegotiation["id"].as_str().unwrap();
    world.post(&format!("/renegotiations/{id}/approve")).by(department).send().await
}

fn bases(invoices: &Value) -> Vec<&str> {
    let invoices = invoices.as_array().unwrap().iter();
    invoices.map(|invoice| invoice["accrualBase"].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn offers_are_seen_side_by_side() {
    let (world, loan) = overdue().await;
    // 1,001.67 − 101.67 = 900.00 at 1 % a month in 3: 900 × 0.01 / (1 − 1.01⁻³) = 306.02; APR
    // 12 × 1 % = 12.00, effective 1.01¹² − 1 = 12.68.
    let with_interest = json!({"terms": {"method": "PRICE", "annualRate": "12",
            "installments": 3, "frequency": {"every": 1, "unit": "MONTH"}},
        "downPayment": "101.67", "waiveLateFeePercent": "100"});
    // 1,011.67 − 11.67 = 1,000.00 without interest in 2.
    let discounted = json!({"terms": {"method": "PRICE", "annualRate": "0", "installments": 2,
            "frequency": {"every": 1, "unit": "MONTH"}, "firstDueDate": "2026-06-01"},
        "discount": "11.67"});
    let body = json!({"loanId": loan, "offers": [agreed(), with_interest, discounted]});
    let before = world.record(&loan).await;
    let simulated = world.post("/renegotiations/simulate").json(body).await.expect(200);
    assert_eq!(world.record(&loan).await, before, "nothing is stored");
    assert_eq!(
        (&simulated["owed"]["total"], &simulated["moraBase"], &simulated["payoff"]),
        (&json!("1011.67"), &json!("1000.00"), &json!("1011.67"))
    );
    let figures = |index: usize| simulated["offers"][index]["figures"].clone();
    let some = |figures: &Value, names: &[&str]| {
        let values = names.iter().map(|name| match &figures[*name] {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        });
        values.collect::<Vec<_>>().join(" ")
    };
    let shown = [
        "waivedLateFee",
        "waivedMora",
        "downPayment",
        "discount",
        "principal",
        "interest",
        "totalCost",
        "installments",
        "installmentAmount",
        "firstDueDate",
        "lastDueDate",
        "moraBase",
    ];
    assert_eq!(
        some(&figures(0), &shown),
        "10.00 0.00 201.67 0.00 800.00 100.00 1101.67 3 300.00 2026-05-20 2026-07-20 800.00"
    );
    assert_eq!(
        some(&figures(1), &shown),
        "10.00 0.00 101.67 0.00 900.00 18.06 1019.73 3 306.02 2026-05-20 2026-07-20 900.00"
    );
    assert_eq!(some(&figures(1), &["aprNominal", "effectiveAnnualCost"]), "12.00 12.68");
    assert_eq!(
        some(&figures(2), &shown),
        "0.00 0.00 0.00 11.67 1000.00 0.00 1000.00 2 500.00 2026-06-01 2026-07-01 1000.00"
    );
    assert_eq!(bases(&simulated["offers"][0]["invoices"]), ["266.67", "266.67", "266.66"]);
    assert_eq!(bases(&simulated["offers"][2]["invoices"]), ["500.00", "500.00"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_wrong_fields_of_all_offers_are_named_at_once() {
    let (world, loan) = overdue().await;
    let monthly = json!({"every": 1, "unit": "MONTH"});
    let offers = json!([
        {"terms": {"method": "PRICE", "annualRate": "1", "frequency": monthly},
         "downPayment": "-1.00", "waiveMoraPercent": "101"},
        {"terms": {"method": "PRICE", "annualRate": "1", "installments": 2, "frequency": monthly},
         "downPayment": "1000.00", "discount": "11.67"},
    ]);
    let body = json!({"loanId": loan, "offers": offers});
    let refusal = world.post("/renegotiations/simulate").json(body).await.expect(400);
    let faults = refusal["errors"].as_array().unwrap().iter();
    let fields: Vec<_> = faults.map(|fault| fault["field"].as_str().unwrap()).collect();
    assert_eq!(
        fields,
        [
            "offers[0].downPayment",
            "offers[0].waiveMoraPercent",
            "offers[0].terms.installments",
            "offers[1].discount"
        ]
    );
    let many = json!({"loanId": loan, "offers": vec![agreed(); 6]});
    let refusal = world.post("/renegotiations/simulate").json(many).await.expect(400);
    assert_eq!(refusal["errors"][0]["field"], "offers");
    let unknown =
        json!({"loanId": format!("loan_{}", world.brand.id.ulid()), "offers": [agreed()]});
    world.post("/renegotiations/simulate").json(unknown).await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approval_replaces_the_loan_and_charges_stay_on_the_root_value() {
    let (world, loan) = overdue().await;
    let proposed = propose(&world, &loan, "p", agreed()).await.expect(201);
    assert_eq!(propose(&world, &loan, "p", agreed()).await.expect(201), proposed);
    assert_eq!(
        (&proposed["status"], &proposed["until"]),
        (&json!("PROPOSED"), &json!("2026-04-27"))
    );
    assert_eq!(world.owed(&loan).await["total"], "1011.67", "nothing else has changed");
    let page = world.get("/renegotiations?status=PROPOSED").send().await.expect(200);
    assert_eq!(page["items"], json!([proposed]));

    let id = proposed["id"].as_str().unwrap();
    let path = format!("/renegotiations/{id}/approve");
    let call = || world.post(&path).by(Department::RenegotiationAnalyst).key("a").send();
    let approved = call().await.expect(200);
    assert_eq!(call().await.expect(200), approved, "the same key, the same answer");
    approve(&world, &proposed, Department::Admin).await.expect(409);
    let stored = world.get(&format!("/renegotiations/{id}")).send().await.expect(200);
    assert_eq!(stored, approved);

    let old = world.view(&loan).await;
    assert_eq!((&old["status"], &old["owed"]["total"]), (&json!("RENEGOTIATED"), &json!("0.00")));
    assert_eq!(old["renegotiatedTo"], approved["newLoanId"]);
    assert_eq!(
        (&old["waived"]["lateFee"], &old["totalValuePaid"]),
        (&json!("10.00"), &json!("701.67"))
    );
    let statuses: Vec<_> =
        old["invoices"].as_array().unwrap().iter().map(|invoice| &invoice["status"]).collect();
    assert_eq!(statuses, ["PAID", "RENEGOTIATED", "RENEGOTIATED"]);
    let down = approved["downPaymentId"].as_str().unwrap();
    let down = world.get(&format!("/payment/{down}")).send().await.expect(200);
    assert_eq!((&down["status"], &down["method"]), (&json!("POSTED"), &json!("PIX")));
    let paid = &down["allocations"][0]["paid"];
    assert_eq!((&paid["mora"], &paid["principal"]), (&json!("1.67"), &json!("200.00")));

    let new = approved["newLoanId"].as_str().unwrap().to_owned();
    let view = world.view(&new).await;
    assert_eq!((&view["status"], &view["rootLoanId"]), (&json!("ACTIVE"), &json!(loan)));
    assert_eq!((&view["owed"]["total"], &view["disbursed"]), (&json!("900.00"), &json!("0.00")));
    assert_eq!(bases(&view["invoices"]), ["266.67", "266.67", "266.66"]);
    world.assert_adds_up(&[loan.clone(), new.clone()]).await;
    let to_the_old = world.pay(&loan, "x", "1.00", json!({})).await.expect(409);
    assert!(to_the_old["message"].as_str().unwrap().contains(&new), "{to_the_old}");

    // One day overdue: 266.67 × 2 % = 5.33 (not 6.00), 266.67 × 1 % / 30 = 0.09.
    world.move_to("2026-05-21");
    let owed = world.owed(&new).await;
    assert_eq!((&owed["lateFee"], &owed["mora"]), (&json!("5.33"), &json!("0.09")));

    // Again, in one of 1,000.00, with nothing paid since: the base is the root's 800.00.
    let again = json!({"terms": {"method": "FIXED_INSTALLMENT", "installmentAmount": "1000.00",
        "installments": 1, "frequency": {"every": 1, "unit": "MONTH"}}});
    let second = propose(&world, &new, "q", again).await.expect(201);
    assert_eq!(second["figures"]["principal"], "905.42");
    let second = approve(&world, &second, Department::Admin).await.expect(200);
    let last = second["newLoanId"].as_str().unwrap().to_owned();
    let view = world.view(&last).await;
    assert_eq!(bases(&view["invoices"]), ["800.00"]);
    assert_eq!(view["rootLoanId"], json!(loan));
    world.assert_adds_up(&[loan, new, last]).await;
}

/// Approved two days later, all is as of the proposal: the second invoice's mora ended then.
#[tokio::test(flavor = "multi_thread")]
async fn an_approval_is_of_the_day_of_the_proposal() {
    let (world, loan) = overdue().await;
    let proposed = propose(&world, &loan, "p", agreed()).await.expect(201);
    world.move_to("2026-04-22");
    let approved = approve(&world, &proposed, Department::Admin).await.expect(200);
    assert_eq!(approved["figures"], proposed["figures"]);
    let new = approved["newLoanId"].as_str().unwrap().to_owned();
    let view = world.view(&new).await;
    assert_eq!(
        (&view["startDate"], &view["owed"]["total"]),
        (&json!("2026-04-20"), &json!("900.00"))
    );
    world.assert_adds_up(&[loan, new]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_loan_that_has_changed_since_is_refused() {
    let (world, loan) = overdue().await;
    let proposed = propose(&world, &loan, "p", agreed()).await.expect(201);
    let payment = world.pay(&loan, "x", "50.00", json!({})).await.expect(201);
    let refusal = approve(&world, &proposed, Department::Admin).await.expect(409);
    assert!(refusal["message"].as_str().unwrap().contains("propose it again"), "{refusal}");
    // On a later day too.
    world.move_to("2026-04-21");
    approve(&world, &proposed, Department::Admin).await.expect(409);
    // Where the payment is taken back, the loan is what it was.
    let path = format!("/payment/{}/refund", payment["id"].as_str().unwrap());
    let back = json!({"kind": "REVERSAL", "reason": "another customer's"});
    world.post(&path).key("r").json(back).await.expect(200);
    let approved = approve(&world, &proposed, Department::Admin).await.expect(200);
    let new = approved["newLoanId"].as_str().unwrap().to_owned();
    world.assert_adds_up(&[loan, new]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_decide_is_the_brands_rule() {
    let (mut world, loan) = overdue().await;
    let body = json!({"loanId": loan, "offer": agreed()});
    let by_street = world.post("/renegotiations").by(Department::StreetSupervisor).key("s");
    by_street.json(body).await.expect(403);
    let proposed = propose(&world, &loan, "p", agreed()).await.expect(201);
    approve(&world, &proposed, Department::Collections).await.expect(403);
    approve(&world, &proposed, Department::Credit).await.expect(403);

    world.rules(|brand| brand.servicing.renegotiations_need_another_person = true).await;
    let own = approve(&world, &proposed, Department::RenegotiationAnalyst).await.expect(403);
    assert!(own["message"].as_str().unwrap().contains("another person"), "{own}");
    // The down payment is a payment, which another person approves where the brand wants that.
    world
        .rules(|brand| {
            brand.servicing.renegotiations_need_another_person = false;
            brand.payments_need_approval = true;
        })
        .await;
    approve(&world, &proposed, Department::RenegotiationAnalyst).await.expect(403);
    // Nobody waives more in a renegotiation than on an invoice.
    let half = "50".parse().unwrap();
    world.rules(|brand| brand.servicing.waiver_limits.extend([(Department::Admin, half)])).await;
    let refusal = approve(&world, &proposed, Department::Admin).await.expect(403);
    assert!(refusal["message"].as_str().unwrap().contains("50 %"), "{refusal}");
    world.rules(|brand| brand.servicing.waiver_limits.clear()).await;
    approve(&world, &proposed, Department::Admin).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rejected_or_lapsed_proposal_changes_nothing() {
    let (world, loan) = overdue().await;
    let before = world.record(&loan).await;
    let first = propose(&world, &loan, "p", agreed()).await.expect(201);
    let second = propose(&world, &loan, "q", agreed()).await.expect(201);
    let path = format!("/renegotiations/{}/reject", first["id"].as_str().unwrap());
    let nothing = world.post(&path).json(json!({"reason": ""})).await.expect(400);
    assert_eq!(nothing["errors"][0]["field"], "reason");
    let rejected = world.post(&path).json(json!({"reason": "too long"})).await.expect(200);
    assert_eq!(
        (&rejected["status"], &rejected["rejection"]),
        (&json!("REJECTED"), &json!("too long"))
    );
    approve(&world, &first, Department::Admin).await.expect(409);
    world.post(&path).json(json!({"reason": "again"})).await.expect(409);

    world.move_to("2026-04-28");
    let refusal = approve(&world, &second, Department::Admin).await.expect(409);
    assert!(refusal["message"].as_str().unwrap().contains("2026-04-27"), "{refusal}");
    let page = world.get(&format!("/renegotiations?loan={loan}")).send().await.expect(200);
    let statuses: Vec<_> =
        page["items"].as_array().unwrap().iter().map(|item| &item["status"]).collect();
    assert_eq!(statuses, ["EXPIRED", "REJECTED"]);
    assert_eq!(world.record(&loan).await, before);
    let late = json!({"loanId": loan, "offer": agreed(), "until": "2026-05-29"});
    let late = world.post("/renegotiations").key("u").json(late).await.expect(400);
    assert_eq!(late["errors"][0]["field"], "until");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_brands_renegotiation_answers_as_a_missing_one() {
    let (world, loan) = overdue().await;
    let proposed = propose(&world, &loan, "p", agreed()).await.expect(201);
    let theirs = proposed["id"].as_str().unwrap().to_owned();
    let nobodys = format!("ren_{}", world.deps.ulid());
    for (method, suffix, body) in [
        (reqwest::Method::GET, "", json!({})),
        (reqwest::Method::POST, "/approve", json!({})),
        (reqwest::Method::POST, "/reject", json!({"reason": "no"})),
    ] {
        let call = |id: &str| {
            let path = format!("/renegotiations/{id}{suffix}");
            world.call(method.clone(), &world.other, &path).json(body.clone())
        };
        let (theirs, nobodys) = (call(&theirs).await, call(&nobodys).await);
        assert_eq!((theirs.status, theirs.error()), (404, nobodys.error()), "{suffix}");
    }
    let body = json!({"loanId": loan, "offer": agreed()});
    let other = world.call(reqwest::Method::POST, &world.other, "/renegotiations").key("k");
    other.json(body).await.expect(404);
    let page = world.call(reqwest::Method::GET, &world.other, "/renegotiations").send().await;
    assert_eq!(page.expect(200)["items"], json!([]));
}

/// 360 overdue and open invoices become 120 in one transaction. On 20 April the first two are
/// overdue: 41 and 10 days.
#[tokio::test(flavor = "multi_thread")]
async fn a_contract_of_any_length_is_one_transaction() {
    let world = World::on("2026-02-10").await;
    let loan = world.loan(360, 1).await;
    world.move_to("2026-04-20");
    let offer = json!({"terms": {"method": "PRICE", "annualRate": "12", "installments": 120,
            "frequency": {"every": 1, "unit": "MONTH"}},
        "downPayment": "1000.00", "waiveLateFeePercent": "100", "waiveMoraPercent": "100"});
    let proposed = propose(&world, &loan, "p", offer).await.expect(201);
    // 500.00 × 1 % / 30 × 41 = 6.83, × 10 = 1.67.
    let figures = &proposed["figures"];
    assert_eq!(
        (&figures["waivedLateFee"], &figures["waivedMora"]),
        (&json!("20.00"), &json!("8.50"))
    );
    assert_eq!(
        (&figures["principal"], &figures["moraBase"]),
        (&json!("179000.00"), &json!("179000.00"))
    );
    world.deps.table.meter().take();
    let approved = approve(&world, &proposed, Department::Admin).await.expect(200);
    assert_eq!(world.deps.table.meter().take()["TransactWriteItems"].calls, 1);
    let new = approved["newLoanId"].as_str().unwrap().to_owned();
    world.assert_adds_up(&[loan.clone(), new]).await;
    let path = format!("/loans/{loan}/invoices");
    let invoices = world.get(&path).send().await.expect(200);
    assert!(invoices.to_string().matches("RENEGOTIATED").count() >= 358, "{invoices}");
}
