use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::portfolio::Portfolio;

/// The month's figures, by name.
fn assert_figures(month: &Value, figures: &[(&str, &str)]) {
    for (pointer, expected) in figures {
        let found = month.pointer(&format!("/{pointer}"));
        let found = found.and_then(Value::as_str).unwrap_or("-");
        assert_eq!(found, *expected, "{pointer} of {}", month["month"]);
    }
}

fn month<'v>(view: &'v Value, name: &str) -> &'v Value {
    let months = view["months"].as_array().unwrap();
    months.iter().find(|month| month["month"] == name).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_due_and_what_came_in() {
    let portfolio = Portfolio::new().await;
    let path = "/dashboard/collection-analysis?from=2026-02&to=2026-06";
    let view = portfolio.get(path).await;
    assert_eq!(view["months"].as_array().unwrap().len(), 5);
    // Six invoices of 500.00 are due in March, but the one that was renegotiated is not any more.
    // Received 500.00 + 520.00 − 20.00 + 500.00; 1,500.00 of 2,500.00.
    assert_eq!(month(&view, "2026-03")["payments"], 3);
    assert_figures(
        month(&view, "2026-03"),
        &[
            ("due", "2500.00"),
            ("received", "1500.00"),
            ("paid/principal", "1500.00"),
            ("paid/lateFees", "0.00"),
            ("credited", "0.00"),
            ("collectedPercent", "60"),
            ("waived", "0.00"),
        ],
    );
    // Due is the second invoice of the loan on time. Received 300.00 + 115.00, and 500.00 given
    // back: principal 285.00 + 100.00 − 500.00.
    assert_eq!(month(&view, "2026-04")["payments"], 1);
    assert_figures(
        month(&view, "2026-04"),
        &[
            ("due", "500.00"),
            ("received", "-85.00"),
            ("paid/principal", "-115.00"),
            ("paid/lateFees", "20.00"),
            ("paid/mora", "10.00"),
            ("collectedPercent", "-23"),
            ("waived", "215.00"),
            ("settlementLoss", "215.00"),
            ("writtenOff", "515.00"),
            ("recovered", "115.00"),
        ],
    );
    assert_figures(month(&view, "2026-05"), &[("due", "507.50"), ("received", "0.00")]);
    assert_figures(month(&view, "2026-06"), &[("due", "507.50"), ("collectedPercent", "0")]);
    assert_eq!(month(&view, "2026-02")["collectedPercent"], Value::Null);
    assert_figures(&view["total"], &[("due", "4015.00"), ("received", "1415.00")]);

    // The months add up to the portfolio.
    let stats = portfolio.get("/dashboard/stats").await;
    for (of_months, of_stats) in [
        ("received", "received"),
        ("paid/principal", "paid/principal"),
        ("paid/interest", "paid/interest"),
        ("paid/lateFees", "paid/lateFees"),
        ("paid/mora", "paid/mora"),
        ("credited", "credit"),
        ("waived", "waived"),
    ] {
        let of = |view: &Value, name: &str| view.pointer(&format!("/{name}")).cloned();
        assert_eq!(of(&view["total"], of_months), of(&stats, of_stats), "{of_months}");
    }
    assert_eq!(view["overdue"], stats["overdue"]);
    let updated = view["metricsLastUpdated"].as_str().unwrap();
    assert!(updated.starts_with("2026-04-15T12:00:0"), "{updated}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_lent() {
    let portfolio = Portfolio::new().await;
    let customer = json!({"name": "Ana Exemplo", "phone": "+5511987650099"});
    let customer = portfolio.world.post("/customers").json(customer).await.expect(201);
    let terms = json!({"principal": "700.00", "method": "PRICE", "annualRate": "0",
        "installments": 1, "frequency": {"every": 1, "unit": "MONTH"}});
    let request = json!({"customerId": customer["id"], "terms": terms});
    portfolio.world.post("/loans").json(request).await.expect(201);
    let view = portfolio.get("/dashboard/disbursement-analysis?from=2026-02&to=2026-04").await;
    // 2 × 1,000.00 and 4 × 500.00; 4,000.00 / 6 = 666.67.
    let february = month(&view, "2026-02");
    assert_eq!((&february["loans"], &february["renegotiations"]), (&json!(6), &json!(0)));
    assert_figures(
        february,
        &[
            ("disbursed", "4000.00"),
            ("feesWithheld", "0.00"),
            ("net", "4000.00"),
            ("average", "666.67"),
        ],
    );
    let april = month(&view, "2026-04");
    assert_eq!((&april["loans"], &april["renegotiations"]), (&json!(0), &json!(1)));
    assert_figures(april, &[("disbursed", "0.00")]);
    assert_eq!(april["average"], Value::Null);
    let pipeline = json!({"open": 1, "approved": 0, "requested": "700.00"});
    assert_eq!(view["pipeline"], pipeline);
    let stats = portfolio.get("/dashboard/stats").await;
    assert_eq!(view["total"]["disbursed"], stats["disbursed"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn months_are_checked() {
    let portfolio = Portfolio::new().await;
    for (query, field) in [
        ("from=2026-05&to=2026-04", "from"),
        ("from=2025-04&to=2026-04", "from"),
        ("to=2026-4", "to"),
        ("from=2026-04-01", "from"),
    ] {
        let path = format!("/dashboard/collection-analysis?{query}");
        let refusal = portfolio.world.get(&path).send().await.expect(400);
        assert_eq!(refusal["errors"][0]["field"], field, "{query}");
    }
    let year = portfolio.get("/dashboard/collection-analysis?from=2025-05&to=2026-04").await;
    assert_eq!(year["months"].as_array().unwrap().len(), 12);
    let present = portfolio.get("/dashboard/disbursement-analysis").await;
    assert_eq!(present["months"][0]["month"], "2025-11");
    assert_eq!(present["months"][5]["month"], "2026-04");
}

/// A dashboard reads the same few items however many loans there are.
#[tokio::test(flavor = "multi_thread")]
async fn a_dashboard_is_a_few_queries() {
    let portfolio = Portfolio::new().await;
    let meter = portfolio.world.deps.table.meter();
    for (path, queries, units) in [
        ("/dashboard/stats", 1, 1),
        ("/dashboard/summary", 1, 1),
        // The year has the sums of 5 months and of a year of due dates, 8 shards each at most.
        ("/dashboard/collection-analysis?from=2025-12&to=2026-11", 3, 5),
        ("/dashboard/disbursement-analysis?from=2025-12&to=2026-11", 2, 3),
        ("/dashboard/users-by-subdomain", 1, 1),
        ("/dashboard/partner-user-leads-stats", 1, 1),
    ] {
        portfolio.get(path).await;
        meter.take();
        portfolio.get(path).await;
        let consumed = meter.take();
        let query = &consumed["Query"];
        println!("{path}: {query:?}");
        assert_eq!(query.calls, queries, "{path}");
        assert!(query.read_units <= Decimal::from(units), "{path}: {query:?}");
        assert!(!consumed.contains_key("BatchGetItem"), "{path}");
    }
}
