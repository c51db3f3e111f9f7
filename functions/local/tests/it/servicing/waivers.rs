use platform::auth::Department;
use serde_json::json;

use super::support::World;

/// 500.00 due on 10 March, seen on 9 April: mora 5.00 and a late fee of 10.00.
#[tokio::test(flavor = "multi_thread")]
async fn a_department_waives_up_to_its_share_of_a_charge() {
    let mut world = World::on("2026-02-10").await;
    let loan = world.loan(1, 1).await;
    let half = "50".parse().unwrap();
    let analyst = Department::RenegotiationAnalyst;
    world.rules(|brand| brand.servicing.waiver_limits.extend([(analyst, half)])).await;
    world.move_to("2026-04-09");
    let path = format!("/invoices/inv_{}_1/waive", loan.trim_start_matches("loan_"));
    let waive = |charge: &str, amount: &str| json!({"charge": charge, "amount": amount, "reason": "goodwill"});
    let by = |department, key: &'static str| world.post(&path).by(department).key(key);
    by(analyst, "a").json(waive("MORA", "2.51")).await.expect(403);
    by(analyst, "a").json(waive("MORA", "2.00")).await.expect(200);
    by(analyst, "b").json(waive("MORA", "0.50")).await.expect(200);
    // The two together are half of it.
    let refusal = by(analyst, "c").json(waive("MORA", "0.01")).await.expect(403);
    assert!(refusal["message"].as_str().unwrap().contains("50 %"), "{refusal}");
    by(analyst, "c").json(waive("LATE_FEE", "5.00")).await.expect(200);
    by(Department::Collections, "d").json(waive("MORA", "0.01")).await.expect(403);
    // An administrator's share is all of it.
    by(Department::Admin, "d").json(waive("MORA", "2.50")).await.expect(200);
    assert_eq!(world.owed(&loan).await["total"], "505.00");
    world.assert_adds_up(&[loan]).await;
}
