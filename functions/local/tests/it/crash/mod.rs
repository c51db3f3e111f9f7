//! Each workflow, stopped before and after each of its calls to the cloud, with each answer lost
//! once, and with each event handed over twice, ends as if nothing had happened: the same records,
//! the same money, the same messages.

mod faults;
mod state;
mod world;

use faults::Fault;
use serde_json::{Value, json};
use state::difference;
use world::World;

/// Installments of 500.00 without interest, due on the 10th of each month from March on.
fn terms(installments: u32) -> Value {
    json!({"principal": format!("{}.00", 500 * installments), "method": "PRICE",
        "annualRate": "0", "installments": installments,
        "frequency": {"every": 1, "unit": "MONTH"}, "disbursementDate": "2026-02-10"})
}

async fn approved(world: &World, number: u32) -> String {
    let phone = format!("+55119876500{number:02}");
    let customer = json!({"name": "Ana Exemplo", "phone": phone});
    let customer = world.ask("/customers", &format!("c{number}"), &customer).await;
    let loan = json!({"customerId": customer["id"], "terms": terms(3)});
    let loan = world.ask("/loans", &format!("l{number}"), &loan).await;
    let loan = loan["id"].as_str().unwrap().to_owned();
    let path = format!("/loans/{loan}/status");
    world.ask(&path, &format!("ap{number}"), &json!({"action": "APPROVE"})).await;
    loan
}

async fn active(world: &World, number: u32) -> String {
    let loan = approved(world, number).await;
    activate(world, &loan, number).await;
    loan
}

async fn activate(world: &World, loan: &str, number: u32) {
    let path = format!("/loans/{loan}/status");
    world.ask(&path, &format!("ac{number}"), &json!({"action": "ACTIVATE"})).await;
}

async fn pay(world: &World, loan: &str, key: &str, amount: &str) {
    let payment = json!({"loanId": loan, "amount": amount, "method": "PIX"});
    world.ask("/payment/process", key, &payment).await;
}

/// Overdue since 10 March, on 9 April: a late fee of 10.00 and mora of 5.00.
async fn overdue(world: &mut World) -> String {
    let loan = active(world, 1).await;
    world.move_to("2026-04-09T12:00:00Z");
    loan
}

/// Does a workflow with every fault at every call, and compares; answers the number of cells.
async fn try_all(world: &mut World, name: &str, workflow: impl AsyncFn(&mut World)) -> usize {
    let mut before = world.keep().await;
    workflow(world).await;
    world.settle().await;
    let calls = world.faults.disarm();
    let expected = world.state(&before).await;
    let mut cells = 0;
    let mut wrong = Vec::new();
    for fault in Fault::ALL {
        for call in 0..calls {
            world.restore(&mut before).await;
            world.faults.arm(fault, call);
            workflow(world).await;
            world.settle().await;
            world.faults.disarm();
            let lines = difference(&expected, &world.state(&before).await);
            if !lines.is_empty() {
                wrong.push(format!("{name}, {fault:?} at call {call}:\n{}", lines.join("\n")));
            }
            cells += 1;
        }
    }
    world.restore(&mut before).await;
    world.twice = true;
    workflow(world).await;
    world.settle().await;
    world.twice = false;
    let lines = difference(&expected, &world.state(&before).await);
    if !lines.is_empty() {
        wrong.push(format!("{name}, each event twice:\n{}", lines.join("\n")));
    }
    assert!(wrong.is_empty(), "{} cells of {cells}:\n{}", wrong.len(), wrong.join("\n\n"));
    println!("{name}: {calls} calls, {} cells", cells + 1);
    cells + 1
}

#[tokio::test(flavor = "multi_thread")]
async fn an_activation_ends_the_same() {
    let mut world = World::on("2026-02-10").await;
    let loan = approved(&world, 1).await;
    world.settle().await;
    let cells = try_all(&mut world, "activate", async |world| {
        activate(world, &loan, 1).await;
    });
    assert!(cells.await > 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_ends_the_same() {
    let mut world = World::on("2026-02-10").await;
    let loan = overdue(&mut world).await;
    world.settle().await;
    let cells = try_all(&mut world, "pay", async |world| {
        pay(world, &loan, "p", "200.00").await;
    });
    assert!(cells.await > 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_renegotiation_ends_the_same() {
    let mut world = World::on("2026-02-10").await;
    let loan = overdue(&mut world).await;
    let offer = json!({"terms": {"method": "PRICE", "annualRate": "0", "installments": 2,
        "frequency": {"every": 1, "unit": "MONTH"}}, "downPayment": "115.00",
        "downPaymentMethod": "PIX", "waiveLateFeePercent": "100"});
    let proposal = json!({"loanId": loan, "offer": offer, "reason": "illness"});
    let proposed = world.ask("/renegotiations", "r", &proposal).await;
    world.settle().await;
    let path = format!("/renegotiations/{}/approve", proposed["id"].as_str().unwrap());
    let cells = try_all(&mut world, "renegotiate", async |world| {
        world.ask(&path, "ra", &Value::Null).await;
    });
    assert!(cells.await > 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_settlement_ends_the_same() {
    let mut world = World::on("2026-02-10").await;
    let loan = overdue(&mut world).await;
    world.settle().await;
    let path = format!("/collection/{loan}/settlement");
    let offer = json!({"amount": "1200.00", "until": "2026-04-20", "reason": "illness"});
    let cells = try_all(&mut world, "settle", async |world| {
        world.ask(&path, "s", &offer).await;
        pay(world, &loan, "p", "1200.00").await;
    });
    assert!(cells.await > 30);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_night_ends_the_same() {
    let mut world = World::on("2026-02-10").await;
    active(&world, 1).await;
    active(&world, 2).await;
    world.settle().await;
    // 10:00 in São Paulo of the day after the first installments were due, a Wednesday.
    world.move_to("2026-03-11T13:00:00Z");
    let cells = try_all(&mut world, "night", async |world| {
        for job in ["job-offers-expire", "job-overdue", "job-mora", "job-charge-messages"] {
            world.fire(job, "2026-03-11").await;
            world.settle().await;
        }
    });
    assert!(cells.await > 60);
}
