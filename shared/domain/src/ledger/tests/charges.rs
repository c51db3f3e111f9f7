use super::support::{active, amount, assert_books, date, paying, row, terms};
use crate::invoices::{AllocationOrder, InvoiceStatus, Split};
use crate::ledger::{CommandError, Position};
use crate::loans::status::Stage;

/// 2 % late fee, 1 % mora a month, original value 500.00, due 2026-03-10:
/// late fee 500 × 0.02 = 10.00; mora a day 500 × 0.01 / 30 = 0.1666…
#[test]
fn the_worked_example_of_late_fee_and_mora() {
    let (opening, _) = active(terms(), "2026-02-10", &[row("2026-03-10", "500.00", "0.00")]);
    let rows = [
        ("2026-03-10", "0.00", "0.00", "500.00"),
        ("2026-03-11", "10.00", "0.17", "510.17"),
        ("2026-03-20", "10.00", "1.67", "511.67"),
        ("2026-04-09", "10.00", "5.00", "515.00"),
    ];
    let mut nightly = opening.clone();
    for (on, late_fee, mora, owed) in rows {
        nightly.advance(date(on));
        // The same whether the night's run is stored or not.
        for loan in [&opening, &nightly] {
            let split = loan.owed(date(on));
            assert_eq!(split.late_fee, amount(late_fee), "{on}");
            assert_eq!(split.mora, amount(mora), "{on}");
            assert_eq!(split.total(), amount(owed), "{on}");
        }
    }
    let invoice = nightly.invoice(1).unwrap();
    assert_eq!(invoice.status, InvoiceStatus::Unpaid);
    let explanation = invoice.explain(date("2026-03-20"), &nightly.terms);
    assert_eq!(explanation.days_overdue, 10);
    assert_eq!(explanation.mora_base, amount("500.00"));
    assert_eq!(explanation.mora, amount("1.67"));
}

/// A second run of the night changes nothing, and the late fee is charged once.
#[test]
fn a_night_is_idempotent() {
    let (mut loan, mut journal) =
        active(terms(), "2026-02-10", &[row("2026-03-10", "500.00", "0.00")]);
    let first = loan.advance(date("2026-03-12"));
    assert_eq!(first.outcome.len(), 1);
    journal.extend(first.entries);
    let after = loan.clone();
    for day in ["2026-03-12", "2026-03-11", "2026-03-01", "2026-09-01"] {
        assert!(loan.advance(date(day)).entries.is_empty());
        assert_eq!(loan, after);
    }
    assert_books(&loan, &journal);
}

/// Principal 480.00 and interest 20.00 due 2026-03-10; 112.00 paid 2026-03-20.
/// Mora until then: 500 × 0.01 / 30 × 10 = 1.67. Late fee 10.00, mora 1.67, interest 20.00,
/// principal 80.33: left of the base 399.67. Ten days later: 1.67 + 399.67 × 0.01 / 30 × 10 =
/// 1.67 + 1.33 (1.33223) = 3.00 charged, 1.33 owed; 399.67 + 1.33 = 401.00.
#[test]
fn a_part_payment_closes_the_mora_so_far() {
    let (mut loan, mut journal) =
        active(terms(), "2026-02-10", &[row("2026-03-10", "480.00", "20.00")]);
    let paid = loan.pay(&paying(1, "112.00", "2026-03-20"), date("2026-03-20")).unwrap();
    journal.extend(paid.entries);
    assert_eq!(
        paid.outcome.allocations[0].paid,
        Split {
            late_fee: amount("10.00"),
            mora: amount("1.67"),
            interest: amount("20.00"),
            principal: amount("80.33"),
        }
    );
    assert_eq!(loan.owed(date("2026-03-20")).total(), amount("399.67"));
    assert_eq!(loan.owed(date("2026-03-30")).total(), amount("401.00"));
    assert_books(&loan, &journal);

    // 401.00 on the 30th closes it; 9.00 more is the customer's.
    let last = loan.pay(&paying(2, "410.00", "2026-03-30"), date("2026-03-30")).unwrap();
    journal.extend(last.entries);
    assert_eq!(loan.stage, Stage::Completed);
    assert_eq!(last.outcome.credited, amount("9.00"));
    assert_eq!(loan.credit, amount("9.00"));
    assert_eq!(loan.total_value_paid(), amount("522.00"));
    assert_books(&loan, &journal);
}

#[test]
fn principal_may_come_first() {
    let terms =
        crate::invoices::ServicingTerms { allocation: AllocationOrder::PrincipalFirst, ..terms() };
    let (mut loan, _) = active(terms, "2026-02-10", &[row("2026-03-10", "480.00", "20.00")]);
    let paid = loan.pay(&paying(1, "485.00", "2026-03-20"), date("2026-03-20")).unwrap();
    let split = paid.outcome.allocations[0].paid;
    assert_eq!((split.principal, split.late_fee), (amount("480.00"), amount("5.00")));
}

/// The bank confirms on the 20th a payment of the 10th, the due date: no late fee, no mora.
#[test]
fn a_payment_dated_in_the_past_takes_back_its_charges() {
    let rows = [row("2026-03-10", "480.00", "20.00"), row("2026-04-10", "480.00", "20.00")];
    let (mut loan, mut journal) = active(terms(), "2026-02-10", &rows);
    journal.extend(loan.advance(date("2026-03-20")).entries);
    assert_eq!(loan.owed(date("2026-03-20")).late_fee, amount("10.00"));
    let paid = loan.pay(&paying(1, "500.00", "2026-03-10"), date("2026-03-20")).unwrap();
    journal.extend(paid.entries);
    let first = loan.invoice(1).unwrap();
    assert_eq!(first.status, InvoiceStatus::Paid);
    assert_eq!(first.closed_on, Some(date("2026-03-10")));
    assert_eq!(loan.owed(date("2026-03-20")).total(), amount("500.00"));
    assert_books(&loan, &journal);

    // A payment before the posted one needs the journal.
    assert_eq!(
        loan.pay(&paying(2, "1.00", "2026-03-09"), date("2026-03-20")).unwrap_err(),
        CommandError::NeedsHistory { through: date("2026-03-10") }
    );
}

/// Days past due count from the moved due date; 0 on it.
#[test]
fn loans_are_put_in_buckets_by_days_past_due() {
    let (loan, _) = active(terms(), "2025-12-01", &[row("2026-01-01", "500.00", "0.00")]);
    let buckets = [
        ("2026-01-01", 0, [0, 0, 0, 0]),
        ("2026-01-02", 1, [1, 0, 0, 0]),
        ("2026-01-31", 30, [1, 0, 0, 0]),
        ("2026-02-01", 31, [0, 1, 0, 0]),
        ("2026-03-02", 60, [0, 1, 0, 0]),
        ("2026-03-03", 61, [0, 0, 1, 0]),
        ("2026-04-01", 90, [0, 0, 1, 0]),
        ("2026-04-02", 91, [0, 0, 0, 1]),
    ];
    for (on, days, expected) in buckets {
        let position = loan.position(date(on));
        let found = [
            position.loans_1_to_30,
            position.loans_31_to_60,
            position.loans_61_to_90,
            position.loans_over_90,
        ];
        assert_eq!((loan.days_past_due(date(on)), found), (days, expected), "{on}");
    }
}

#[test]
fn the_figures_of_a_position_have_names_of_their_own() {
    let names: std::collections::BTreeSet<_> = Position::NAMES.iter().collect();
    assert_eq!(names.len(), Position::NAMES.len());
}
