use http::StatusCode;
use serde_json::json;

use super::support::World;

/// Banco Central do Brasil, the example of resolution 3,517 (custo efetivo total): 1,000.00 in five
/// installments of 205.73, 940.00 net of charges: 3.08 % a month, 43.93 % a year.
#[tokio::test]
async fn the_central_banks_example_of_the_effective_cost() {
    let world = World::on("2008-03-06").await;
    let terms = json!({
        "principal": "1000.00", "method": "FIXED_INSTALLMENT", "installments": 5,
        "installmentAmount": "205.73", "frequency": {"every": 1, "unit": "MONTH"},
        "fees": [{"name": "charges", "amount": "60.00", "paidTo": "LENDER", "financed": false}],
    });
    let quote = world.post("/loans/quote").send(Some(terms)).await.expect(StatusCode::OK);
    assert_eq!(quote["installments"].as_array().unwrap().len(), 5);
    assert_eq!(quote["totals"]["total"], "1028.65"); // 5 × 205.73
    let disclosure = &quote["disclosure"];
    assert_eq!(disclosure["netDisbursed"], "940.00");
    assert_eq!(disclosure["monthlyIrr"], "3.08");
    assert_eq!(disclosure["effectiveAnnualCost"], "43.93");
}

/// Reserve Bank of India, Key Facts Statement of 15 April 2024, annex B: 20,000 at 15 % in 24 with
/// fees of 400: 969.73 a month, APR 17.07 %.
#[tokio::test]
async fn the_reserve_banks_example_of_the_annual_percentage_rate() {
    let world = World::on("2024-10-01").await;
    let terms = json!({
        "principal": "20000.00", "method": "PRICE", "annualRate": "15", "installments": 24,
        "frequency": {"every": 1, "unit": "MONTH"}, "disbursementDate": "2024-10-01",
        "fees": [
            {"name": "processing", "amount": "160.00", "paidTo": "LENDER", "financed": false},
            {"name": "insurance", "amount": "240.00", "paidTo": "THIRD_PARTY", "financed": false},
        ],
    });
    let quote = world.post("/loans/quote").send(Some(terms)).await.expect(StatusCode::OK);
    assert_eq!(quote["installmentAmount"], "969.73");
    assert_eq!(quote["disclosure"]["aprNominal"], "17.07");
}

#[tokio::test]
async fn every_wrong_field_is_named() {
    let world = World::on("2026-01-05").await;
    let terms = json!({
        "principal": "-1", "method": "PRICE", "installments": 6,
        "frequency": {"every": 1, "unit": "MONTH"}, "firstDueDate": "2020-01-01",
    });
    let error = world.post("/loans/quote").send(Some(terms)).await.expect(StatusCode::BAD_REQUEST);
    let fields: Vec<_> =
        error["errors"].as_array().unwrap().iter().map(|error| error["field"].clone()).collect();
    assert_eq!(fields, ["principal", "annualRate", "firstDueDate"]);
    let unknown = json!({"principal": "1", "method": "SAC", "annualRate": "1", "installments": 1,
        "frequency": {"every": 1, "unit": "MONTH"}, "surprise": true});
    let error = world.post("/loans/quote").send(Some(unknown)).await;
    assert_eq!(error.expect(StatusCode::BAD_REQUEST)["errors"][0]["field"], "surprise");
}

/// 15 November 2026 is a Sunday and the Proclamation of the Republic: a brand whose due dates move
/// takes the payment on Monday the 16th; the nominal date is kept.
#[tokio::test]
async fn due_dates_move_where_the_brand_says_so() {
    let world = World::on("2026-10-15").await;
    let mut brand = world.brand.clone();
    brand.due_dates_move = true;
    world.deps.brands.save(&mut brand).await.unwrap();
    let terms = json!({"principal": "100.00", "method": "PRICE", "annualRate": "0",
        "installments": 1, "frequency": {"every": 1, "unit": "MONTH"}});
    let quote = world.post("/loans/quote").send(Some(terms)).await.expect(StatusCode::OK);
    assert_eq!(quote["installments"][0]["nominalDueDate"], "2026-11-15");
    assert_eq!(quote["installments"][0]["dueDate"], "2026-11-16");
}
