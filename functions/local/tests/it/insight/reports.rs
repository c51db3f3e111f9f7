use platform::auth::Department;
use serde_json::{Value, json};

use super::portfolio::{Portfolio, rows, sum};

fn of<'r>(rows: &'r [Value], loan: &str) -> &'r Value {
    rows.iter().find(|row| row["loanId"] == loan).unwrap()
}

/// Every sum of the rows is the dashboards', to the cent.
#[tokio::test(flavor = "multi_thread")]
async fn rows_add_up_to_the_dashboards() {
    let portfolio = Portfolio::new().await;
    let stats = portfolio.get("/dashboard/stats").await;
    let master = portfolio.rows("/report/master-report", 3).await;
    assert_eq!(master.len(), 7);
    for (of_rows, of_stats) in [
        ("disbursed", "/disbursed"),
        ("contractInterest", "/contractInterest"),
        ("received", "/received"),
        ("paidPrincipal", "/paid/principal"),
        ("paidInterest", "/paid/interest"),
        ("paidLateFees", "/paid/lateFees"),
        ("paidMora", "/paid/mora"),
        ("waived", "/waived"),
        ("credit", "/credit"),
        ("toBreakeven", "/toBreakeven"),
        ("recoverable", "/recoverable"),
        ("renegotiated", "/renegotiated"),
        ("outstandingPrincipal", "/outstanding/principal"),
    ] {
        let expected = stats.pointer(of_stats).unwrap();
        assert_eq!(sum(&master, of_rows), expected.as_str().unwrap(), "{of_rows}");
    }
    let lost = of(&master, &portfolio.written_off);
    assert_eq!((&lost["status"], &lost["recoverable"]), (&json!("LOST"), &json!("400.00")));
    let settled = of(&master, &portfolio.settled);
    assert_eq!((&settled["stage"], &settled["waived"]), (&json!("SETTLED"), &json!("215.00")));
    let old = of(&master, &portfolio.renegotiated);
    assert_eq!(old["renegotiatedTo"], portfolio.replacing.as_str());
    let only = portfolio.rows("/report/master-report?status=LOST", 10).await;
    assert_eq!(only, [lost.clone()]);

    let period = "fromDate=2026-02-01&toDate=2026-06-30";
    let collections = portfolio.rows(&format!("/report/collections?{period}"), 2).await;
    let analysis = "/dashboard/collection-analysis?from=2026-02&to=2026-06";
    let analysis = portfolio.get(analysis).await["total"].clone();
    let lent = portfolio.rows(&format!("/report/disbursements?{period}"), 4).await;
    let by_month = portfolio.rows(&format!("/report/cash-flow?{period}&by=MONTH"), 10).await;
    // All days come on one page.
    let by_day = portfolio.get(&format!("/report/cash-flow?{period}&by=DAY")).await;
    let by_day = by_day["items"].as_array().unwrap().clone();
    assert_eq!((by_month.len(), by_day.len()), (5, 150));
    for (column, pointer) in [
        ("received", "/received"),
        ("principal", "/paid/principal"),
        ("interest", "/paid/interest"),
        ("lateFees", "/paid/lateFees"),
        ("mora", "/paid/mora"),
        ("credited", "/credited"),
    ] {
        let expected = analysis.pointer(pointer).unwrap().as_str().unwrap();
        for rows in [&collections, &by_month, &by_day] {
            assert_eq!(sum(rows, column), expected, "{column}");
        }
    }
    assert_eq!(sum(&collections, "recovered"), "115.00");
    for rows in [&by_month, &by_day] {
        assert_eq!(sum(rows, "due"), "4015.00");
        assert_eq!(sum(rows, "disbursed"), "4000.00");
        // 1,415.00 received, 4,000.00 lent.
        assert_eq!(sum(rows, "net"), "-2585.00");
    }
    assert_eq!((lent.len(), sum(&lent, "disbursed").as_str()), (6, "4000.00"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_came_in_day_by_day() {
    let portfolio = Portfolio::new().await;
    let path = "/report/collections?fromDate=2026-03-01&toDate=2026-04-30";
    let rows = portfolio.rows(path, 100).await;
    let mut seen: Vec<[String; 4]> = rows
        .iter()
        .map(|row| {
            ["date", "kind", "received", "principal"].map(|name| row[name].as_str().unwrap().into())
        })
        .collect();
    seen.sort();
    assert_eq!(
        seen.iter().map(|row| row.each_ref().map(String::as_str)).collect::<Vec<_>>(),
        [
            ["2026-03-10", "PAYMENT", "500.00", "500.00"],
            ["2026-03-10", "PAYMENT", "500.00", "500.00"],
            ["2026-03-10", "PAYMENT", "520.00", "500.00"],
            ["2026-03-11", "REFUND", "-20.00", "0.00"],
            ["2026-04-09", "PAYMENT", "300.00", "285.00"],
            ["2026-04-15", "PAYMENT", "115.00", "100.00"],
            ["2026-04-15", "REVERSAL", "-500.00", "-500.00"],
        ]
    );
    let path = "/report/collections?fromDate=2026-04-10&toDate=2026-04-30";
    assert_eq!(sum(&portfolio.rows(path, 1).await, "received"), "-385.00");
    let days =
        portfolio.get("/report/cash-flow?fromDate=2026-03-10&toDate=2026-03-11&by=DAY").await;
    let days = days["items"].as_array().unwrap();
    assert_eq!((&days[0]["period"], &days[0]["due"]), (&json!("2026-03-10"), &json!("2500.00")));
    assert_eq!((&days[0]["received"], &days[0]["credited"]), (&json!("1520.00"), &json!("20.00")));
    assert_eq!((&days[1]["received"], &days[1]["due"]), (&json!("-20.00"), &json!("0.00")));
}

/// On 20 March the contracts that were not paid are 10 days overdue: late fee 10.00, mora
/// 500.00 × 1 % / 30 × 10 = 1.67. Asked for on 15 April, the journal says the same, although by then
/// one was settled, one written off, one renegotiated, and a payment of 10 March taken back.
#[tokio::test(flavor = "multi_thread")]
async fn the_past_is_as_it_was() {
    let look = async |world: &crate::servicing::support::World| {
        (rows(world, "/report/aging", 3).await, rows(world, "/report/master-report", 3).await)
    };
    let (portfolio, (aging, master)) = Portfolio::seen(look).await;
    assert_eq!(aging.len(), 4);
    let overdue = of(&aging, &portfolio.settled);
    for (name, value) in [
        ("bucket", "1-30"),
        ("overdue", "500.00"),
        ("lateFeesOwed", "10.00"),
        ("moraOwed", "1.67"),
        ("total", "511.67"),
        ("notDue", "0.00"),
    ] {
        assert_eq!(overdue[name], value, "{name}");
    }
    let current = of(&aging, &portfolio.on_time);
    assert_eq!((&current["bucket"], &current["notDue"]), (&json!("CURRENT"), &json!("500.00")));
    assert_eq!(
        (sum(&aging, "overdue"), sum(&aging, "notDue")),
        ("1500.00".into(), "1000.00".into())
    );

    let later = portfolio.rows("/report/aging?asOf=2026-03-20", 2).await;
    assert_eq!(later, aging);
    let later = portfolio.rows("/report/master-report?asOf=2026-03-20", 2).await;
    assert_eq!(later, master);
    let bucket = portfolio.rows("/report/aging?asOf=2026-03-20&bucket=1-30", 10).await;
    assert_eq!(bucket.len(), 3);
    // On 9 February nothing was lent.
    assert_eq!(portfolio.rows("/report/aging?asOf=2026-02-09", 10).await, Vec::<Value>::new());

    // Today: the second invoice of the first loan, 5 days; the new one is not due; the payment that
    // was taken back leaves its loan 36 days overdue, mora 500.00 × 1 % / 30 × 36 = 6.00.
    let today = portfolio.rows("/report/aging", 10).await;
    assert_eq!(today.len(), 3);
    assert_eq!(of(&today, &portfolio.on_time)["moraOwed"], "0.83");
    assert_eq!(of(&today, &portfolio.replacing)["total"], "1015.00");
    let taken_back = of(&today, &portfolio.taken_back);
    assert_eq!((&taken_back["bucket"], &taken_back["total"]), (&json!("31-60"), &json!("516.00")));
}

#[tokio::test(flavor = "multi_thread")]
async fn people_are_masked_unless_somebody_may_see_them() {
    let portfolio = Portfolio::new().await;
    let world = &portfolio.world;
    let rows = portfolio.rows("/report/aging", 10).await;
    let row = of(&rows, &portfolio.on_time);
    assert_eq!(row["customerName"], "A*** E***");
    assert!(row["customerPhone"].as_str().unwrap().starts_with('*'), "{row}");
    let whole = portfolio.rows("/report/aging?full=true", 10).await;
    let row = of(&whole, &portfolio.on_time);
    assert_eq!(
        (&row["customerName"], &row["customerPhone"]),
        (&json!("Ana Exemplo"), &json!("+5511987650001"))
    );
    let by = Department::LoanManagement;
    world.get("/report/aging").by(by).send().await.expect(200);
    for path in ["/report/aging?full=true", "/report/aging/csv?full=true"] {
        world.get(path).by(by).send().await.expect(403);
    }
    world.get("/report/aging").by(Department::StreetSupervisor).send().await.expect(403);
    world.get("/report/aging/csv").by(Department::Collections).send().await.expect(403);

    let (status, csv) = world.get("/report/aging/csv?full=true").text().await;
    assert_eq!(status, 200);
    // A phone begins with a plus sign, which a spreadsheet program takes for a formula.
    assert!(csv.contains(",Ana Exemplo,'+5511987650001,"), "{csv}");
    let (_, csv) = world.get("/report/aging/csv").text().await;
    assert!(!csv.contains("Exemplo") && !csv.contains("98765"), "{csv}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_has_the_rows_of_the_pages() {
    let portfolio = Portfolio::new().await;
    let period = "fromDate=2026-02-01&toDate=2026-06-30";
    for path in [
        "master-report?".to_owned(),
        "aging?asOf=2026-03-20".to_owned(),
        format!("collections?{period}"),
        format!("disbursements?{period}"),
        format!("cash-flow?{period}&by=DAY"),
        format!("cash-flow?{period}"),
    ] {
        let (report, query) = path.split_once('?').unwrap();
        let page = portfolio.get(&format!("/report/{path}&limit=100").replace("?&", "?")).await;
        let (status, csv) =
            portfolio.world.get(&format!("/report/{report}/csv?{query}")).text().await;
        assert_eq!(status, 200, "{csv}");
        // The brand's language is Portuguese.
        let csv = csv.strip_prefix('\u{feff}').unwrap();
        let mut lines = csv.split("\r\n");
        let columns: Vec<&str> =
            page["columns"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
        assert_eq!(lines.next().unwrap(), columns.join(","));
        let items = page["items"].as_array().unwrap();
        assert!(!items.is_empty(), "{path}");
        for item in items {
            let cells: Vec<&str> = lines.next().unwrap().split(',').collect();
            for (name, cell) in columns.iter().zip(&cells) {
                let value = match &item[name] {
                    Value::Null => String::new(),
                    Value::String(text) => text.clone(),
                    other => other.to_string(),
                };
                assert_eq!(*cell, value, "{path}: {name}");
            }
        }
        assert_eq!((lines.next(), lines.next()), (Some(""), None));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn questions_are_checked() {
    let portfolio = Portfolio::new().await;
    let world = &portfolio.world;
    for (path, field) in [
        ("/report/aging?fromDate=2026-01-01", "fromDate"),
        ("/report/aging?asOf=2026-04-16", "asOf"),
        ("/report/aging?bucket=7", "bucket"),
        ("/report/collections?asOf=2026-04-01", "asOf"),
        ("/report/collections?fromDate=2026-04-02&toDate=2026-04-01", "fromDate"),
        ("/report/collections?fromDate=2025-04-01&toDate=2026-04-15", "fromDate"),
        ("/report/cash-flow?owner=staff_01JZ0000000000000000000000", "owner"),
        ("/report/cash-flow?full=true", "full"),
        ("/report/master-report?status=GONE", "status"),
    ] {
        let refusal = world.get(path).send().await.expect(400);
        assert_eq!(refusal["errors"][0]["field"], field, "{path}");
    }
    let both = world.get("/report/disbursements?asOf=2026-04-01&by=DAY").send().await.expect(400);
    assert_eq!(both["errors"].as_array().unwrap().len(), 2);
    for path in ["/report/lawsuits", "/report/lawsuits/csv", "/report/lawsuits/download"] {
        world.get(path).send().await.expect(404);
    }
    // A cursor is of its own question only.
    let page = world.get("/report/master-report?limit=2").send().await.expect(200);
    let cursor = page["nextCursor"].as_str().unwrap();
    world.get(&format!("/report/master-report?limit=2&cursor={cursor}")).send().await.expect(200);
    for path in ["/report/aging?limit=2", "/report/master-report?limit=2&status=LOST"] {
        let refusal = world.get(&format!("{path}&cursor={cursor}")).send().await.expect(400);
        assert_eq!(refusal["errors"][0]["field"], "cursor");
    }
}
