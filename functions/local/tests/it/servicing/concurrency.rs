use futures::future::{join, join_all};
use platform::auth::Department;
use serde_json::{Value, json};

use super::support::World;

/// How often a client asks again, with the same key, after "try again".
const TRIES: usize = 40;

/// Pays with one key until it is answered for good.
async fn insist(world: &World, loan: &str, key: &str, amount: &str) -> Value {
    for _ in 0..TRIES {
        let answer = world.pay(loan, key, amount, json!({})).await;
        match answer.status {
            201 => return answer.body,
            409 | 503 => tokio::task::yield_now().await,
            _ => panic!("{}: {}", answer.status, answer.body),
        }
    }
    panic!("{key} was never answered for good");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_times_the_same_payment_at_once_is_one_posting() {
    let world = World::on("2026-02-10").await;
    let loan = world.loan(1, 1).await;
    let answers = join_all((0..100).map(|_| world.pay(&loan, "same", "100.00", json!({})))).await;
    assert!(answers.iter().all(|answer| [201, 409].contains(&answer.status)));
    let first = insist(&world, &loan, "same", "100.00").await;
    for answer in answers.into_iter().filter(|answer| answer.status == 201) {
        assert_eq!(answer.body, first);
    }
    assert_eq!(world.owed(&loan).await["total"], "400.00");
    let page = world.get(&format!("/payment?loan={loan}")).send().await.expect(200);
    assert_eq!(page["items"], json!([first]));
    world.assert_adds_up(&[loan]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_payments_at_once_on_one_loan_all_count_once() {
    let world = World::on("2026-02-10").await;
    let loan = world.loan(1, 1).await;
    let keys: Vec<String> = (0..100).map(|index| format!("p{index}")).collect();
    join_all(keys.iter().map(|key| insist(&world, &loan, key, "1.00"))).await;
    assert_eq!(world.owed(&loan).await["total"], "400.00");
    assert_eq!(world.record(&loan).await.loan.received.to_string(), "100.00");
    world.assert_adds_up(&[loan]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_payments_at_once_on_a_brand_add_up() {
    let world = World::on("2026-02-10").await;
    let mut loans = Vec::new();
    for phone in 1..=10 {
        loans.push(world.loan(1, phone).await);
    }
    let each = loans.iter().flat_map(|loan| (0..10).map(move |index| (loan, index)));
    let pays = each
        .map(async |(loan, index)| insist(&world, loan, &format!("{loan}-{index}"), "1.00").await);
    join_all(pays).await;
    let stats = world.get("/dashboard/stats").send().await.expect(200);
    assert_eq!((&stats["received"], &stats["loans"]["active"]), (&json!("100.00"), &json!(10)));
    assert_eq!(stats["outstanding"]["total"], "4900.00");
    world.assert_adds_up(&loans).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_payments_at_once_on_a_hundred_loans_add_up() {
    let world = World::on("2026-02-10").await;
    let mut loans = Vec::new();
    for phone in 1..=100 {
        loans.push(world.loan(1, phone).await);
    }
    let key = |loan: &str| format!("p-{loan}");
    let pays = loans.iter().map(async |loan| insist(&world, loan, &key(loan), "500.00").await);
    let paid = join_all(pays).await;
    assert!(paid.iter().all(|payment| payment["loanStage"] == "COMPLETED"));
    let stats = world.get("/dashboard/stats").send().await.expect(200);
    assert_eq!((&stats["received"], &stats["loans"]["paid"]), (&json!("50000.00"), &json!(100)));
    assert_eq!(stats["outstanding"]["total"], "0.00");
    world.assert_adds_up(&loans).await;
}

/// Fifty connections take the same payment back with one key.
#[tokio::test(flavor = "multi_thread")]
async fn a_payment_is_taken_back_once_however_many_ask() {
    let world = World::on("2026-02-10").await;
    let loan = world.loan(1, 1).await;
    let payment = world.pay(&loan, "p", "100.00", json!({})).await.expect(201);
    let path = format!("/payment/{}/refund", payment["id"].as_str().unwrap());
    let body = json!({"kind": "REVERSAL", "reason": "twice"});
    let same = (0..50).map(|_| world.post(&path).key("same").json(body.clone()));
    let answers = join_all(same).await;
    assert!(answers.iter().any(|answer| answer.status == 200));
    assert!(answers.iter().all(|answer| [200, 409].contains(&answer.status)));
    let keys: Vec<String> = (0..20).map(|index| format!("k{index}")).collect();
    let others = keys.iter().map(|key| world.post(&path).key(key).json(body.clone()));
    assert!(join_all(others).await.iter().all(|answer| answer.status == 409));
    assert_eq!(world.owed(&loan).await["total"], "500.00");
    let journal = world.get(&format!("/loans/{loan}/journal")).send().await.expect(200);
    assert_eq!(journal.to_string().matches("\"REVERSAL\"").count(), 1);
    world.assert_adds_up(&[loan]).await;
}

fn in_one() -> Value {
    json!({"terms": {"method": "PRICE", "annualRate": "0", "installments": 1,
        "frequency": {"every": 1, "unit": "MONTH"}}})
}

/// Forty connections approve one proposal: twenty with one key, twenty with their own.
#[tokio::test(flavor = "multi_thread")]
async fn a_renegotiation_is_approved_once_however_many_ask() {
    let world = World::on("2026-02-10").await;
    let loan = world.loan(2, 1).await;
    let body = json!({"loanId": loan, "offer": in_one()});
    let proposed = world.post("/renegotiations").key("p").json(body).await.expect(201);
    let path = format!("/renegotiations/{}/approve", proposed["id"].as_str().unwrap());
    let keys: Vec<String> = (0..40)
        .map(|index| if index % 2 == 0 { "same".to_owned() } else { format!("k{index}") })
        .collect();
    let answers = join_all(keys.iter().map(|key| world.post(&path).key(key).send())).await;
    let approved: Vec<_> = answers.iter().filter(|answer| answer.status == 200).collect();
    assert!(!approved.is_empty());
    assert!(answers.iter().all(|answer| [200, 409].contains(&answer.status)));
    let new = approved[0].body["newLoanId"].clone();
    assert!(approved.iter().all(|answer| answer.body["newLoanId"] == new));
    let customer = proposed["customerId"].as_str().unwrap();
    let loans = world.get(&format!("/customers/{customer}/loans")).send().await.expect(200);
    assert_eq!(loans["items"].as_array().unwrap().len(), 2, "{loans}");
    world.assert_adds_up(&[loan, new.as_str().unwrap().to_owned()]).await;
}

/// A payment and an approval at once: whichever comes first, the other is refused.
#[tokio::test(flavor = "multi_thread")]
async fn a_payment_and_a_renegotiation_exclude_each_other() {
    let world = World::on("2026-02-10").await;
    let mut loans = Vec::new();
    for round in 0..5_u16 {
        let loan = world.loan(2, round).await;
        let body = json!({"loanId": loan, "offer": in_one()});
        let key = format!("p{round}");
        let proposed = world.post("/renegotiations").key(&key).json(body).await.expect(201);
        let path = format!("/renegotiations/{}/approve", proposed["id"].as_str().unwrap());
        let key = format!("pay{round}");
        let pay = world.pay(&loan, &key, "100.00", json!({}));
        let approve = world.post(&path).by(Department::RenegotiationAnalyst).send();
        let (paid, approved) = join(pay, approve).await;
        let statuses = (paid.status, approved.status);
        assert!(statuses == (201, 409) || statuses == (409, 200), "{statuses:?}");
        loans.push(loan.clone());
        loans.extend(approved.body["newLoanId"].as_str().map(str::to_owned));
        let old = world.record(&loan).await.loan;
        assert_eq!(old.received.to_string(), if paid.status == 201 { "100.00" } else { "0.00" });
    }
    world.assert_adds_up(&loans).await;
}
