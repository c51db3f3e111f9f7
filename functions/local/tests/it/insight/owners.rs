use platform::auth::Department;
use serde_json::{Value, json};

use crate::harness::{BRAZIL, TestSystem};

async fn staff_id(system: &TestSystem, department: Department) -> String {
    let signed_in = system.login(&BRAZIL.email(department)).await;
    let token = signed_in["accessToken"].as_str().unwrap().to_owned();
    let me = system.call("/api/v1/partner/auth/me").bearer(token).get().await.expect(200);
    me["id"].as_str().unwrap().to_owned()
}

fn customer(number: u32, subdomain: Option<&str>) -> Value {
    let mut body = json!({ "name": "Ana Exemplo", "phone": format!("+55119{number:08}") });
    if let Some(subdomain) = subdomain {
        body["subdomain"] = subdomain.into();
    }
    body
}

/// Customers by site and by who looks after them, through a change of hands, a block and an erasure.
#[tokio::test(flavor = "multi_thread")]
async fn customers_and_loans_are_counted_where_they_are() {
    let system = TestSystem::start().await;
    let user = staff_id(&system, Department::Collections).await;
    let mut ids = Vec::new();
    for (number, subdomain) in [(1, Some("promo")), (2, Some("promo")), (3, Some("app")), (4, None)]
    {
        ids.push(system.create_customer(BRAZIL, &customer(number, subdomain)).await);
    }
    let wrong = system.ask(BRAZIL, "/customers", &customer(5, Some("No Site"))).await.expect(400);
    assert_eq!(wrong["errors"][0]["field"], "subdomain");
    let loan = system.lend_to(BRAZIL, &ids[0], "600.00").await;
    system.lend_to(BRAZIL, &ids[1], "400.00").await;
    let path = format!("/loans/{loan}/allocate");
    system.ask(BRAZIL, &path, &json!({ "staffId": user })).await.expect(200);
    for id in &ids[..2] {
        let path = format!("/customers/{id}/allocate");
        system.ask(BRAZIL, &path, &json!({ "staffId": user })).await.expect(200);
    }
    let blocked = json!({ "status": "BLOCKED", "reason": "invented" });
    system.ask(BRAZIL, &format!("/customers/{}/status", ids[1]), &blocked).await.expect(200);
    let path = format!("/customers/{}/personal-data", ids[2]);
    system.staff(BRAZIL, Department::Admin, &path).await.delete().await.expect(200);

    let view = system.see(BRAZIL, "/dashboard/users-by-subdomain").await;
    let counts: Vec<_> = view["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|site| {
            let count = |name: &str| site[name].as_i64().unwrap();
            let counts = [count("users"), count("active"), count("blocked"), count("erased")];
            (site["subdomain"].as_str().unwrap_or("-").to_owned(), counts)
        })
        .collect();
    let expected = [("-", [1, 1, 0, 0]), ("app", [1, 0, 0, 1]), ("promo", [2, 1, 1, 0])];
    assert_eq!(counts, expected.map(|(site, counts)| (site.to_owned(), counts)));
    // Page by page the same.
    let mut paged = Vec::new();
    let mut path = "/dashboard/users-by-subdomain?limit=1".to_owned();
    loop {
        let page = system.see(BRAZIL, &path).await;
        paged.extend(page["items"].as_array().unwrap().iter().cloned());
        let Some(next) = page["nextCursor"].as_str() else { break };
        path = format!("/dashboard/users-by-subdomain?limit=1&cursor={next}");
    }
    assert_eq!(paged, *view["items"].as_array().unwrap());

    let view = system.see(BRAZIL, "/dashboard/partner-user-leads-stats").await;
    let items = view["items"].as_array().unwrap();
    assert_eq!(items.len(), 2);
    let (nobody, theirs) = (&items[0], &items[1]);
    assert_eq!((&nobody["userId"], &theirs["userId"]), (&Value::Null, &json!(user)));
    let customers = |active: i64, blocked: i64, erased: i64| json!({ "active": active, "inactive": 0, "blocked": blocked, "erased": erased });
    assert_eq!(nobody["customers"], customers(1, 0, 1));
    assert_eq!(theirs["customers"], customers(1, 1, 0));
    assert_eq!((&nobody["loans"]["active"], &theirs["loans"]["active"]), (&json!(1), &json!(1)));
    assert_eq!((&nobody["disbursed"], &theirs["disbursed"]), (&json!("400.00"), &json!("600.00")));

    // Paid, it is still theirs; then it is nobody's.
    system.pay(BRAZIL, &loan, "600.00").await;
    let path = format!("/loans/{loan}/allocate");
    let view = system.see(BRAZIL, "/dashboard/partner-user-leads-stats").await;
    assert_eq!(view["items"][1]["loans"]["paid"], 1);
    system.ask(BRAZIL, &path, &json!({ "staffId": null })).await.expect(200);
    let view = system.see(BRAZIL, "/dashboard/partner-user-leads-stats").await;
    assert_eq!(view["items"][1]["loans"]["paid"], 0);
    assert_eq!(view["items"][0]["loans"]["paid"], 1);
    let report = system.rebuild(BRAZIL).await;
    assert_eq!((&report["drift"], &report["differences"]), (&json!(0), &json!([])));
}

#[tokio::test(flavor = "multi_thread")]
async fn logins_are_listed() {
    let system = TestSystem::start().await;
    let user = staff_id(&system, Department::Collections).await;
    let other = staff_id(&system, Department::Credit).await;
    let logs = system.see(BRAZIL, "/reports/login-logs").await;
    let users: Vec<&str> = logs["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|log| log["userId"].as_str().unwrap())
        .collect();
    assert!(users.contains(&user.as_str()) && users.contains(&other.as_str()), "{logs}");
    // Nobody pings: both are signed out as idle, 15 minutes after they came.
    system.advance("1h").await;
    let logs = system.see(BRAZIL, &format!("/reports/login-logs?userId={user}")).await;
    let log = &logs["items"][0];
    assert_eq!((&log["department"], &log["end"]), (&json!("COLLECTIONS"), &json!("IDLE")));
    assert_eq!(log["seconds"], 15 * 60);
    assert_eq!(logs["items"].as_array().unwrap().len(), 1);
    let path = "/reports/login-logs?fromDate=2026-02-02&toDate=2026-02-01";
    let call = system.staff(BRAZIL, Department::Admin, path).await;
    assert_eq!(call.get().await.expect(400)["errors"][0]["field"], "fromDate");
    let call = system.staff(BRAZIL, Department::Collections, "/reports/login-logs").await;
    call.get().await.expect(403);
}

/// After nights, the aging of today adds up to the dashboard's overdue figures.
#[tokio::test(flavor = "multi_thread")]
async fn aging_is_the_dashboard_row_by_row() {
    let system = TestSystem::start().await;
    for number in 1..=3 {
        let id = system.create_customer(BRAZIL, &customer(number, None)).await;
        system.lend_to(BRAZIL, &id, &format!("{number}00.00")).await;
        system.advance("20d").await;
    }
    let stats = system.see(BRAZIL, "/dashboard/stats").await;
    let aging = system.see(BRAZIL, "/report/aging?limit=100").await;
    let rows = aging["items"].as_array().unwrap();
    let sum = |bucket: &str, name: &str| {
        let of = rows.iter().filter(|row| row["bucket"] == bucket);
        let amounts = of.map(|row| row[name].as_str().unwrap().parse::<rust_decimal::Decimal>());
        format!("{:.2}", amounts.map(Result::unwrap).sum::<rust_decimal::Decimal>())
    };
    let mut overdue = 0;
    for (bucket, index) in [("1-30", 0), ("31-60", 1), ("61-90", 2), ("90+", 3)] {
        let of_stats = &stats["overdue"]["byDaysPastDue"][index];
        assert_eq!(sum(bucket, "overdue"), of_stats["value"].as_str().unwrap(), "{bucket}");
        overdue += of_stats["loans"].as_i64().unwrap();
    }
    assert!(overdue > 0);
    assert_eq!(
        super::portfolio::sum(rows, "total"),
        stats["outstanding"]["total"].as_str().unwrap()
    );
    let report = system.rebuild(BRAZIL).await;
    assert_eq!(report["drift"], 0);
}
