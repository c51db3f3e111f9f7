//! A portfolio in which everything happens that can, with figures that were computed by hand.
//!
//! Late fee 2 %, mora 1 % a month; everything was lent on 10 February without interest, in
//! installments of 500.00 due on the 10th of each month from March on.
//!
//! | loan | of | what happens |
//! |---|---|---|
//! | on time | 2 × 500.00 | 500.00 on 10 March |
//! | settled | 1 × 500.00 | on 9 April 515.00 are owed (late fee 10.00, mora 500.00 × 1 % / 30 × 30 = 5.00): 300.00 settle it, so 285.00 of principal are paid and 215.00 lost |
//! | written off | 1 × 500.00 | on 9 April with 515.00; 115.00 are recovered on 15 April: late fee, mora, 100.00 of principal |
//! | renegotiated | 2 × 500.00 | on 9 April its 515.00 and 500.00 become 2 × 507.50, due on 9 May and 9 June |
//! | refunded | 1 × 500.00 | 520.00 on 10 March; the 20.00 too much are paid back on 11 March |
//! | taken back | 1 × 500.00 | 500.00 on 10 March are taken back on 15 April |

use serde_json::{Value, json};

use crate::servicing::support::World;

pub struct Portfolio {
    pub world: World,
    pub on_time: String,
    pub settled: String,
    pub written_off: String,
    pub renegotiated: String,
    pub replacing: String,
    pub taken_back: String,
}

impl Portfolio {
    /// As it is on 15 April.
    pub async fn new() -> Self {
        Self::seen(async |_| ()).await.0
    }

    /// As [`Self::new`]; `look` sees it on 20 March on the way.
    pub async fn seen<T>(look: impl AsyncFn(&World) -> T) -> (Self, T) {
        let world = World::on("2026-02-10").await;
        let on_time = world.loan(2, 1).await;
        let settled = world.loan(1, 2).await;
        let written_off = world.loan(1, 3).await;
        let renegotiated = world.loan(2, 4).await;
        let refunded = world.loan(1, 5).await;
        let taken_back = world.loan(1, 6).await;

        world.move_to("2026-03-10");
        world.pay(&on_time, "on-time", "500.00", json!({})).await.expect(201);
        let too_much = world.pay(&refunded, "too-much", "520.00", json!({})).await.expect(201);
        let mistake = world.pay(&taken_back, "mistake", "500.00", json!({})).await.expect(201);
        world.move_to("2026-03-11");
        give_back(
            &world,
            &too_much,
            "back",
            json!({"kind": "CREDIT", "amount": "20.00",
            "reason": "paid too much"}),
        )
        .await;
        world.move_to("2026-03-20");
        let seen = look(&world).await;

        world.move_to("2026-04-09");
        let offer = json!({"amount": "300.00", "until": "2026-04-20", "reason": "illness"});
        let path = format!("/collection/{settled}/settlement");
        world.post(&path).key("settle").json(offer).await.expect(201);
        world.pay(&settled, "settled", "300.00", json!({})).await.expect(201);
        let path = format!("/collection/{written_off}/writeoff");
        let reason = json!({"reason": "cannot be found"});
        world.post(&path).key("lost").json(reason).await.expect(200);
        let replacing = renegotiate(&world, &renegotiated).await;

        world.move_to("2026-04-15");
        world.pay(&written_off, "found", "115.00", json!({})).await.expect(201);
        let reversal = json!({"kind": "REVERSAL", "reason": "the transfer was not ours"});
        give_back(&world, &mistake, "reverse", reversal).await;
        let portfolio =
            Self { world, on_time, settled, written_off, renegotiated, replacing, taken_back };
        (portfolio, seen)
    }

    pub async fn get(&self, path: &str) -> Value {
        self.world.get(path).send().await.expect(200)
    }

    /// Every row of a report, page by page.
    pub async fn rows(&self, path: &str, limit: usize) -> Vec<Value> {
        rows(&self.world, path, limit).await
    }
}

/// Every row of a report, page by page.
pub async fn rows(world: &World, path: &str, limit: usize) -> Vec<Value> {
    let separator = if path.contains('?') { '&' } else { '?' };
    let mut rows = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = format!("{path}{separator}limit={limit}{cursor}");
        let page = world.get(&page).send().await.expect(200);
        let items = page["items"].as_array().unwrap();
        assert!(items.len() <= limit);
        rows.extend(items.iter().cloned());
        match page["nextCursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return rows,
        }
    }
}

/// What a value comes to over all rows.
pub fn sum(rows: &[Value], name: &str) -> String {
    let amount =
        |row: &Value| row[name].as_str().unwrap().parse::<rust_decimal::Decimal>().unwrap();
    format!("{:.2}", rows.iter().map(amount).sum::<rust_decimal::Decimal>())
}

async fn give_back(world: &World, payment: &Value, key: &str, body: Value) {
    let path = format!("/payment/{}/refund", payment["id"].as_str().unwrap());
    world.post(&path).key(key).json(body).await.expect(200);
}

async fn renegotiate(world: &World, loan: &str) -> String {
    let offer = json!({"terms": {"method": "FIXED_INSTALLMENT", "installmentAmount": "507.50",
        "installments": 2, "frequency": {"every": 1, "unit": "MONTH"},
        "firstDueDate": "2026-05-09"}});
    let body = json!({"loanId": loan, "offer": offer, "reason": "lost her job"});
    let proposed = world.post("/renegotiations").key("propose").json(body).await.expect(201);
    assert_eq!(proposed["figures"]["principal"], "1015.00");
    let path = format!("/renegotiations/{}/approve", proposed["id"].as_str().unwrap());
    let approved = world.post(&path).send().await.expect(200);
    approved["newLoanId"].as_str().unwrap().to_owned()
}
