use local::bench::night::{Size, measure};
use rust_decimal::Decimal;

/// Counts only: what the full bench shows, on fewer contracts.
const SMALL: Size =
    Size { shards: 4, overdue: 40, falling: 20, current: 50, installments: 18, longer: 20 };

#[tokio::test]
async fn nights_write_what_they_change_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let report = measure(dir.path().join("data"), SMALL).await.unwrap();
    let writes = |of: &local::bench::night::Measured| of.consumed.write_units;
    let shards = Decimal::from(SMALL.shards);

    // A shard: its figures and its event in one transaction (4), its audit record with the chain's
    // head in another (4), its mark in each of the two runs. A night: two runs, begun and finished.
    let fixed = shards * Decimal::from(10) + Decimal::from(4);
    assert_eq!(writes(&report.quiet_night), fixed);
    assert_eq!(writes(&report.replay), Decimal::ZERO);
    assert_eq!(writes(&report.caught_up), fixed);
    // A contract: its item and its journal item, in a transaction; a shard more: event (1), and
    // record with head (4).
    let falling = shards * Decimal::from(5) + Decimal::from(SMALL.falling * 4);
    assert_eq!(writes(&report.transitions), fixed + falling);
    let first = shards * Decimal::from(5) + Decimal::from(SMALL.overdue * 4);
    assert_eq!(writes(&report.first_night), fixed + first);

    for dashboard in [&report.dashboard, &report.dashboard_larger] {
        assert_eq!(dashboard.consumed.calls, 1);
        assert!(dashboard.consumed.read_units <= Decimal::ONE, "{dashboard:?}");
    }
    assert_eq!(report.dashboard.consumed, report.dashboard_larger.consumed);
    assert_eq!(report.contract_screen.consumed.calls, 1);
    assert!(report.contract_screen.consumed.read_units < Decimal::ONE);
}
