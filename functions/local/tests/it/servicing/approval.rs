use platform::auth::Department;
use serde_json::{Value, json};

use super::support::World;

/// A world whose brand wants approval, and a loan of 500.00.
async fn cautious() -> (World, String) {
    let mut world = World::on("2026-02-10").await;
    let loan = world.loan(1, 1).await;
    let mut brand = world.brand.clone();
    brand.payments_need_approval = true;
    world.deps.brands.save(&mut brand).await.unwrap();
    world.brand = brand;
    (world, loan)
}

fn id(payment: &Value) -> &str {
    payment["id"].as_str().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn another_person_approves_as_of_the_value_date() {
    let (world, loan) = cautious().await;
    world.move_to("2026-03-10");
    let before = world.record(&loan).await;
    let payment = world.pay(&loan, "a", "500.00", json!({"reference": "r1"})).await.expect(201);
    assert_eq!(payment["status"], "PENDING_APPROVAL");
    assert_eq!(payment["allocations"], json!([]));
    assert_eq!(world.record(&loan).await, before, "nothing else has changed");
    let queue = world.get("/payment/approval").send().await.expect(200);
    assert_eq!(queue["items"], json!([payment]));

    // Ten days later, charges have arisen that the payment takes back.
    world.move_to("2026-03-20");
    let path = format!("/payment/approve/{}", id(&payment));
    let refusal = world.post(&path).send().await.expect(403);
    assert!(refusal["message"].as_str().unwrap().contains("another person"), "{refusal}");
    world.post(&path).by(Department::Collections).send().await.expect(403);
    let approve = || world.post(&path).by(Department::LoanManagement).key("k");
    let posted = approve().send().await.expect(200);
    assert_eq!(posted["status"], "POSTED");
    assert_eq!(posted["allocations"][0]["paid"]["principal"], "500.00");
    assert_eq!(posted["allocations"][0]["paid"]["total"], "500.00");
    assert_eq!(approve().send().await.expect(200), posted);
    let again = world.post(&path).by(Department::LoanManagement).send().await.expect(409);
    assert!(again["message"].as_str().unwrap().contains("POSTED"), "{again}");
    let queue = world.get("/payment/approval").send().await.expect(200);
    assert_eq!(queue["items"], json!([]));
    assert_eq!(world.record(&loan).await.loan.status().to_string(), "PAID");
    world.assert_adds_up(&[loan]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rejected_payment_changes_nothing_and_frees_its_reference() {
    let (world, loan) = cautious().await;
    let before = world.record(&loan).await;
    let reference = json!({"reference": "r1"});
    let payment = world.pay(&loan, "a", "50.00", reference.clone()).await.expect(201);
    world.pay(&loan, "b", "60.00", reference.clone()).await.expect(409);
    let path = format!("/payment/reject/{}", id(&payment));
    let nothing = world.post(&path).json(json!({"reason": ""})).await.expect(400);
    assert_eq!(nothing["errors"][0]["field"], "reason");
    let rejected = world.post(&path).json(json!({"reason": "not received"})).await.expect(200);
    assert_eq!(
        (&rejected["status"], &rejected["reason"]),
        (&json!("REJECTED"), &json!("not received"))
    );
    let late = world.post(&format!("/payment/approve/{}", id(&payment)));
    late.by(Department::LoanManagement).send().await.expect(409);
    assert_eq!(world.record(&loan).await, before);
    world.pay(&loan, "c", "60.00", reference).await.expect(201);
    let all = world.get("/payment?limit=1").send().await.expect(200);
    assert_eq!(all["items"][0]["amount"], "60.00");
    let next = format!("/payment?limit=1&cursor={}", all["nextCursor"].as_str().unwrap());
    let next = world.get(&next).send().await.expect(200);
    assert_eq!(next["items"][0]["amount"], "50.00");
    let rejected = world.get("/payment?status=REJECTED").send().await.expect(200);
    assert_eq!(rejected["items"].as_array().unwrap().len(), 1);
}
