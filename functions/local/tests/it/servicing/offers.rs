//! The night's run over offers, by the real scheduler.

use platform::auth::Department;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::harness::{BRAZIL, TestSystem};

/// An active loan of 500.00 in one, due on 10 March, as of 9 April.
async fn overdue(system: &TestSystem) -> String {
    let call = async |path: &str| system.staff(BRAZIL, Department::Admin, path).await;
    let customer = json!({"name": "Ana Exemplo", "phone": "+5511987650001"});
    let customer = call("/customers").await.post(&customer).await.expect(201);
    let terms = json!({"principal": "500.00", "method": "PRICE", "annualRate": "0",
        "installments": 1, "frequency": {"every": 1, "unit": "MONTH"},
        "disbursementDate": "2026-02-10"});
    let loan = json!({"customerId": customer["id"], "terms": terms});
    let loan = call("/loans").await.post(&loan).await.expect(201);
    let loan = loan["id"].as_str().unwrap().to_owned();
    let status = format!("/loans/{loan}/status");
    call(&status).await.post(&json!({"action": "APPROVE"})).await.expect(200);
    let activate = call(&status).await.key("activate");
    activate.post(&json!({"action": "ACTIVATE"})).await.expect(200);
    loan
}

#[tokio::test(flavor = "multi_thread")]
async fn what_lapsed_is_marked_in_the_night_and_a_replay_writes_nothing() {
    let system = TestSystem::on("2026-04-09").await;
    let loan = overdue(&system).await;
    let call =
        async |path: &str| system.staff(BRAZIL, Department::RenegotiationAnalyst, path).await;
    let offer = json!({"terms": {"method": "PRICE", "annualRate": "0", "installments": 2,
        "frequency": {"every": 1, "unit": "MONTH"}}});
    let proposal = json!({"loanId": loan, "offer": offer, "until": "2026-04-10"});
    let proposed = call("/renegotiations").await.key("p").post(&proposal).await.expect(201);
    let settlement = json!({"amount": "300.00", "until": "2026-04-10", "reason": "illness"});
    let path = format!("/collection/{loan}/settlement");
    call(&path).await.key("s").post(&settlement).await.expect(201);

    // 00:10 on the 10th: both still stand.
    let summary = system.advance("1d").await;
    assert_eq!(summary.jobs["job-offers-expire"], 2, "one for each brand");
    let path = format!("/renegotiations/{}", proposed["id"].as_str().unwrap());
    let version = async || call(&path).await.get().await.expect(200)["version"].clone();
    assert_eq!(version().await, json!(1));

    // 00:10 on the 11th: both are marked, the loan is as it was.
    system.advance("1d").await;
    assert_eq!(version().await, json!(2));
    let customer = proposed["customerId"].as_str().unwrap();
    let timeline = format!("/customers/{customer}/timeline");
    let timeline = call(&timeline).await.get().await.expect(200);
    let by_the_job = |action: &str| {
        let lines = timeline["items"].as_array().unwrap().iter();
        let of = |line: &&Value| line["action"] == action && line["actor"] == "job:offers-expire";
        lines.filter(of).count()
    };
    assert_eq!((by_the_job("renegotiations:expire"), by_the_job("settlements:end")), (1, 1));
    let ended = timeline["items"].as_array().unwrap().iter();
    let ended = ended.clone().find(|line| line["action"] == "settlements:end").unwrap();
    assert_eq!(ended["after"]["end"], "LAPSED");

    let meter = system.system().deps().table.meter();
    meter.take();
    let brand = BRAZIL.id().unwrap();
    let replayed = system.job("job-offers-expire", brand, "2026-04-11".parse().unwrap()).await;
    assert_eq!(replayed["kind"], "done", "{replayed}");
    let written: Decimal = meter.take().values().map(|consumed| consumed.write_units).sum();
    assert_eq!(written, Decimal::ZERO);

    // The bank tells late of money that came in time: it still settles the loan.
    let body = json!({"loanId": loan, "amount": "300.00", "method": "PIX",
        "valueDate": "2026-04-10"});
    let pay = system.staff(BRAZIL, Department::Admin, "/payment/process").await.key("late");
    assert_eq!(pay.post(&body).await.expect(201)["loanStage"], "SETTLED");
}
