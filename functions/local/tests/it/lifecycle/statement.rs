use platform::auth::Department;
use serde_json::{Value, json};

use super::paid::Contract;
use crate::harness::BRAZIL;

/// What of a screen a statement must say again.
const FIGURES: [&str; 8] =
    ["asOf", "status", "stage", "daysPastDue", "owed", "paid", "waived", "totalValuePaid"];

impl Contract {
    async fn statement(&self, query: &str) -> Value {
        self.get(&format!("/loans/{}/statement?{query}", self.loan)).await
    }

    async fn pay_as_of(&self, amount: &str, value_date: &str) -> String {
        let body = json!({
            "loanId": self.loan, "amount": amount, "method": "PIX", "valueDate": value_date,
        });
        let path = "/payment/process";
        let call = self.system.staff(BRAZIL, Department::Collections, path).await;
        let payment = call.key(value_date).post(&body).await.expect(201);
        payment["id"].as_str().unwrap().to_owned()
    }
}

/// Every day's screen is noted; afterwards each day is asked for.
#[tokio::test(flavor = "multi_thread")]
async fn a_statement_of_a_past_day_is_that_days_screen() {
    let contract = Contract::activated().await;
    let mut screens = Vec::new();
    let mut late = String::new();
    // From the due date, over the first overdue day, a part payment on the 20th, one of the 22nd
    // that comes on the 25th and is taken back on the 28th, to the second invoice's overdue days.
    let march = (10..=31).map(|day| format!("2026-03-{day}"));
    let april = (1..=12).map(|day| format!("2026-04-{day:02}"));
    for day in march.chain(april) {
        contract.until(&day).await;
        match day.as_str() {
            "2026-03-20" => {
                contract.pay("part", "200.00").await;
            }
            "2026-03-25" => late = contract.pay_as_of("100.00", "2026-03-22").await,
            "2026-03-28" => {
                let path = format!("/payment/{late}/refund");
                let body = json!({ "kind": "REVERSAL", "reason": "the transfer was recalled" });
                let by = contract.system.staff(BRAZIL, Department::LoanManagement, &path).await;
                by.key("back").post(&body).await.expect(200);
            }
            _ => {}
        }
        screens.push(contract.read().await);
    }

    for screen in &screens {
        let day = screen["asOf"].as_str().unwrap();
        let past = contract.statement(&format!("asOf={day}")).await;
        for figure in FIGURES {
            assert_eq!(past[figure], screen[figure], "{figure} on {day}");
        }
        assert_eq!(past["credit"], screen["credit"], "on {day}");
        assert_eq!(past["invoices"], screen["invoices"], "on {day}");
        assert_eq!(past["knownAt"], *day);
    }

    // The 24th, by what was known on three days. The part payment left 311.67 of the principal on
    // the 20th: mora 311.67 × 1 % / 30 × 4 = 0.4156. The payment of the 22nd takes the mora of two
    // days, 0.21, and 99.79 of the principal: 211.88 × 1 % / 30 × 2 = 0.1413. Then it is taken back.
    let on_the_24th = async |known_at: &str| {
        let past = contract.statement(&format!("asOf=2026-03-24&knownAt={known_at}")).await;
        past["invoices"][0]["owed"]["total"].as_str().unwrap().to_owned()
    };
    assert_eq!(on_the_24th("2026-03-24").await, "312.09");
    assert_eq!(on_the_24th("2026-03-25").await, "212.02");
    assert_eq!(on_the_24th("2026-03-28").await, "312.09");

    // Before the contract, after today, and knowledge from before the day.
    for (query, field) in [
        ("asOf=2026-02-09", "asOf"),
        ("asOf=2026-04-13", "asOf"),
        ("asOf=2026-03-24&knownAt=2026-03-23", "knownAt"),
    ] {
        let path = format!("/loans/{}/statement?{query}", contract.loan);
        let call = contract.system.staff(BRAZIL, Department::Collections, &path).await;
        let refused = call.get().await.expect(400);
        assert_eq!(refused["errors"][0]["field"], field, "{query}");
    }
}

/// Overdue for ten days: fee 500.00 × 2 %, mora 500.00 × 1 % × 10 / 30.
#[tokio::test(flavor = "multi_thread")]
async fn figures_are_explained() {
    let contract = Contract::activated().await;
    contract.until("2026-03-20").await;
    let explained = contract.get(&format!("/loans/{}/explain", contract.loan)).await;
    let figure = |name: &str| {
        let figures = explained["figures"].as_array().unwrap();
        figures.iter().find(|figure| figure["figure"] == name).unwrap().clone()
    };
    assert_eq!(
        figure("invoices.1.charged.lateFee"),
        json!({
            "figure": "invoices.1.charged.lateFee", "value": "10.00", "rule": "LATE_FEE",
            "base": "500.00", "percent": "2", "due": "2026-03-10",
        })
    );
    assert_eq!(
        figure("invoices.1.charged.mora"),
        json!({
            "figure": "invoices.1.charged.mora", "value": "1.67", "rule": "MORA", "until": "0.00",
            "since": "2026-03-10", "days": 10, "base": "500.00", "monthlyPercent": "1",
        })
    );
    // 1,500.00 + 10.00 + 1.67, as on the screen.
    let total = figure("owed.total");
    assert_eq!((&total["rule"], &total["value"]), (&json!("SUM"), &json!("1511.67")));
    assert_eq!(total["value"], contract.read().await["owed"]["total"]);
    assert_eq!(total["terms"][1], json!({ "of": "owed.mora", "value": "1.67" }));
    assert_eq!(figure("totalValueToBreakeven")["value"], "1500.00");
}
