use serde_json::{Value, json};

use super::support::World;

fn ids(page: &Value) -> Vec<String> {
    let items = page["items"].as_array().unwrap().iter();
    items.map(|item| item["id"].as_str().unwrap().to_owned()).collect()
}

/// 500.00 due on 10 March, seen on 9 April: 30 days, mora 500.00 × 1 % / 30 × 30 = 5.00.
#[tokio::test(flavor = "multi_thread")]
async fn an_invoice_explains_its_charges_and_gives_them_up() {
    let world = World::on("2026-02-10").await;
    let loan = world.loan(1, 1).await;
    let id = format!("inv_{}_1", loan.trim_start_matches("loan_"));
    world.move_to("2026-04-09");
    let invoice = world.get(&format!("/invoices/{id}")).send().await.expect(200);
    assert_eq!(invoice["owed"]["total"], "515.00");
    let explanation = &invoice["explanation"];
    assert_eq!((&explanation["moraDays"], &explanation["mora"]), (&json!(30), &json!("5.00")));
    assert_eq!(explanation["moraBase"], "500.00");

    let path = format!("/invoices/{id}/waive");
    let waive = |charge: &str, amount: &str| json!({"charge": charge, "amount": amount, "reason": "goodwill"});
    let too_much = world.post(&path).key("a").json(waive("MORA", "5.01")).await.expect(400);
    assert_eq!(too_much["errors"][0]["field"], "amount");
    let waived = world.post(&path).key("a").json(waive("MORA", "5.00")).await.expect(200);
    assert_eq!(waived["owed"]["total"], "510.00");
    let again = world.post(&path).key("a").json(waive("MORA", "5.00")).await.expect(200);
    assert_eq!(again, waived);
    let fee = world.post(&path).key("b").json(waive("LATE_FEE", "10.00")).await.expect(200);
    assert_eq!(fee["owed"]["total"], "500.00");
    world.pay(&loan, "p", "500.00", json!({})).await.expect(201);
    world.post(&path).key("c").json(waive("MORA", "0.01")).await.expect(409);
    world.assert_adds_up(&[loan]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_are_filtered_and_read_page_by_page() {
    let world = World::on("2026-02-10").await;
    let mut loans = Vec::new();
    for phone in 1..=4 {
        loans.push(world.loan(3, phone).await);
    }
    // Due on 10 March, 10 April and 10 May; the first loan's first is paid.
    world.pay(&loans[0], "p", "500.00", json!({})).await.expect(201);
    world.move_to("2026-04-11");
    let overdue = world.get("/invoices?status=UNPAID").send().await.expect(200);
    assert_eq!(ids(&overdue).len(), 7);
    let oldest = world.get("/invoices?dpdFrom=32&dpdTo=32").send().await.expect(200);
    assert_eq!(ids(&oldest).len(), 3);
    let paid = world.get("/invoices?status=PAID").send().await.expect(200);
    assert_eq!(ids(&paid).len(), 1);
    let may = world.get("/invoices?dueFrom=2026-05-01&dueTo=2026-05-31").send().await.expect(200);
    assert_eq!(ids(&may).len(), 4);

    for query in ["", "status=UNPAID&"] {
        let whole = world.get(&format!("/invoices?{query}limit=100")).send().await.expect(200);
        let mut read = Vec::new();
        let mut cursor = String::new();
        loop {
            let path = format!("/invoices?{query}limit=2{cursor}");
            let page = world.get(&path).send().await.expect(200);
            read.extend(ids(&page));
            match page["nextCursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        assert_eq!(read, ids(&whole), "{query}");
    }
}
