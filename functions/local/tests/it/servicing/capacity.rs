use rust_decimal::Decimal;
use serde_json::json;

use super::support::World;

#[tokio::test(flavor = "multi_thread")]
async fn screens_read_at_most_one_unit() {
    let world = World::on("2026-02-10").await;
    let mut loans = Vec::new();
    for phone in 1..=16 {
        loans.push(world.loan(3, phone).await);
    }
    world.move_to("2026-03-20");
    for (index, loan) in loans.iter().enumerate() {
        world.pay(loan, &format!("p{index}"), "123.45", json!({})).await.expect(201);
    }
    let invoice = format!("/invoices/inv_{}_2", loans[0].trim_start_matches("loan_"));
    for (path, of_path) in [
        (format!("/loans/{}", loans[0]), "GetItem"),
        (invoice, "GetItem"),
        ("/dashboard/stats".to_owned(), "Query"),
        ("/dashboard/summary".to_owned(), "Query"),
    ] {
        // The brand's settings are in memory then, as they are for fifteen seconds, and that the
        // caller's access was not revoked, as it is for five.
        world.get(&path).send().await.expect(200);
        world.deps.table.meter().take();
        world.get(&path).send().await.expect(200);
        let consumed = world.deps.table.meter().take();
        let calls = |name: &str| consumed.get(name).map_or(0, |of| of.calls);
        let expected = if of_path == "Query" { (0, 1) } else { (1, 0) };
        assert_eq!((calls("GetItem"), calls("Query")), expected, "{path}: {consumed:?}");
        let read_units: Decimal = consumed.values().map(|consumed| consumed.read_units).sum();
        assert!(read_units <= Decimal::ONE, "{path}: {consumed:?}");
    }
}
