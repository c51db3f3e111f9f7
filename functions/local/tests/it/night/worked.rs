use local::bench::portfolio::Contract;
use platform::jobs::Job;

use super::{Nights, date};

/// 500.00 due on 2026-03-10, late fee 2 %, mora 1 % a month. By hand: fee 500 × 0.02 = 10.00; mora
/// 500 × 0.01 / 30 × days = 0.1667, 1.6667 and 5.00 for 1, 10 and 30 days.
const DAYS: [(&str, &str, &str, &str); 4] = [
    ("2026-03-10", "0.00", "0.00", "500.00"),
    ("2026-03-11", "10.00", "0.17", "510.17"),
    ("2026-03-20", "10.00", "1.67", "511.67"),
    ("2026-04-09", "10.00", "5.00", "515.00"),
];

#[tokio::test]
async fn the_worked_example_day_by_day() {
    let contract = Contract {
        first_due: date("2026-03-10"),
        installments: 1,
        principal_cents: 50_000,
        interest_cents: 0,
    };
    let nights = Nights::of(&[contract], 1, "2026-03-09").await;
    nights.stage.listen();
    for (day, late_fee, mora, owed) in DAYS {
        nights.stage.night(&nights.brand, date(day)).await.unwrap();
        let loan = nights.record(nights.loans[0]).await.loan;
        assert_eq!(loan.owed(date(day)).total().to_string(), owed, "{day}");
        let shard = &nights.shards().await[0];
        assert_eq!(shard.as_of, date(day));
        assert_eq!(shard.position.late_fees_owed.to_string(), late_fee, "{day}");
        assert_eq!(shard.position.mora_owed.to_string(), mora, "{day}");
        assert_eq!(shard.position.overdue_invoices, i64::from(day > "2026-03-10"));
    }
    nights.assert_no_drift().await;
}

#[tokio::test]
async fn a_night_is_of_its_scheduled_date_however_late_it_comes() {
    let contract = Contract {
        first_due: date("2026-03-10"),
        installments: 2,
        principal_cents: 50_000,
        interest_cents: 0,
    };
    let nights = Nights::of(&[contract], 1, "2026-03-09").await;
    nights.stage.listen();
    nights.stage.set_date(date("2026-03-12")).unwrap();
    for job in [Job::Overdue, Job::Mora] {
        nights.stage.fire(&nights.brand, job, date("2026-03-11")).await.unwrap();
    }
    let shard = &nights.shards().await[0];
    assert_eq!(shard.as_of, date("2026-03-11"));
    assert_eq!(shard.position.mora_owed.to_string(), "0.17");
}
