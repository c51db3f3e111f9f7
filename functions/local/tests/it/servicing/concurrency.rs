use futures::future::join_all;
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
