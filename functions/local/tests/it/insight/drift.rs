use platform::store::{Aggregate, Condition, Dimension, Place, Update};
use serde_json::json;

use super::portfolio::Portfolio;
use crate::servicing::support::World;

async fn drift(world: &World) -> jobs::rebuild::Report {
    jobs::rebuild::check(&world.deps, &world.brand).await.unwrap()
}

/// After everything that can happen every sum is what its loans and customers make of it; one that
/// is not is named.
#[tokio::test(flavor = "multi_thread")]
async fn a_sum_that_is_wrong_is_found() {
    let portfolio = Portfolio::new().await;
    let world = &portfolio.world;
    let report = drift(world).await;
    assert_eq!((report.drift, report.differences), (0, vec![]));
    assert_eq!((report.loans, report.customers), (7, 6));

    let shard = world.record(&portfolio.on_time).await.shard;
    for (of, figure) in [
        (Dimension::Month("2026-03".parse().unwrap()), "rC"),
        (Dimension::DueIn(2026), "03"),
        (Dimension::Owner(None), "nV"),
        (Dimension::Subdomain(None), "cA"),
    ] {
        let place = Place { of, shard };
        let key = Aggregate::key_of(world.brand.id, &place);
        let change = async |by: i64| {
            let update = Update::new().set("t", world.deps.now()).unwrap().add(figure, &by);
            let changed =
                world.deps.table.update("aggregate", &key, &update, &Condition::default()).await;
            changed.unwrap();
        };
        change(1).await;
        let report = drift(world).await;
        let named: Vec<_> = report
            .differences
            .iter()
            .map(|difference| (difference.record.clone(), difference.figure.clone()))
            .collect();
        assert_eq!(named, [(place.to_string(), figure.to_owned())]);
        change(-1).await;
    }
    assert_eq!(drift(world).await.drift, 0);
}

/// A small generator of choices; the same numbers for the same seed.
struct Choices(u64);

impl Choices {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

/// Whatever is done in whatever order, the sums are those of the loans and customers. What the
/// state of a loan refuses is refused.
#[tokio::test(flavor = "multi_thread")]
async fn sums_hold_over_random_work() {
    for seed in 1..=3 {
        let mut choices = Choices(seed);
        let world = World::on("2026-02-10").await;
        let mut loans = Vec::new();
        for phone in 1..=4 {
            loans.push(world.loan(1 + phone % 3, phone).await);
        }
        let mut payments: Vec<String> = Vec::new();
        let mut done = 0;
        for step in 0..40_u64 {
            let day = 1 + step % 28;
            let month = 3 + step / 28;
            world.move_to(&format!("2026-{month:02}-{day:02}"));
            let index = usize::try_from(choices.below(4)).unwrap();
            let loan = loans[index].clone();
            let key = format!("{seed}-{step}");
            let answer = match choices.below(8) {
                0..=3 => {
                    let amount = format!("{}.{:02}", 1 + choices.below(400), choices.below(100));
                    let back = choices.below(3) * 7;
                    let on = world
                        .deps
                        .today(&world.brand)
                        .saturating_sub(jiff::Span::new().days(i64::try_from(back).unwrap()));
                    world.pay(&loan, &key, &amount, json!({"valueDate": on})).await
                }
                4 => {
                    let Some(payment) = payments.pop() else { continue };
                    let body = json!({"kind": "REVERSAL", "reason": "invented"});
                    world.post(&format!("/payment/{payment}/refund")).key(&key).json(body).await
                }
                5 => {
                    let body = json!({"reason": "invented"});
                    world.post(&format!("/collection/{loan}/writeoff")).key(&key).json(body).await
                }
                6 => {
                    let body = json!({"amount": "100.00", "until": "2026-05-30",
                        "reason": "invented"});
                    world.post(&format!("/collection/{loan}/settlement")).key(&key).json(body).await
                }
                _ => {
                    let number = loan.trim_start_matches("loan_").to_owned();
                    let body = json!({"charge": "LATE_FEE", "amount": "5.00",
                        "reason": "invented"});
                    world
                        .post(&format!("/invoices/inv_{number}_1/waive"))
                        .key(&key)
                        .json(body)
                        .await
                }
            };
            assert!(answer.status < 500, "{}", answer.body);
            if answer.status < 300 {
                done += 1;
                if let Some(id) = answer.body["id"].as_str().filter(|id| id.starts_with("pay_")) {
                    payments.push(id.to_owned());
                }
            }
        }
        assert!(done > 10, "seed {seed}: only {done} steps were possible");
        let report = drift(&world).await;
        assert_eq!((report.drift, report.differences), (0, vec![]), "seed {seed}");
    }
}
