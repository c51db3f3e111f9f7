//! One contract from disbursement to the end, by hand.

use super::support::{active, amount, assert_books, date, loan_id, paying, row, terms};
use crate::invoices::{Charge, PaymentCommand, WaiveCommand};
use crate::ledger::{Account, Balances};
use crate::loans::status::{Stage, Status};
use crate::renegotiations::RenegotiationCommand;

/// 1,000.00 at 3 % a month in 3: installment 1000 × 0.03 / (1 − 1.03⁻³) = 353.53.
/// Interest 30.00, 676.47 × 0.03 = 20.29, 343.23 × 0.03 = 10.30. Two due dates are Sundays and
/// move to Monday. Late fee 2 %, mora 1 % a month.
#[test]
fn from_disbursement_to_payoff() {
    let mut rows = [
        row("2026-02-15", "323.53", "30.00"),
        row("2026-03-15", "333.24", "20.29"),
        row("2026-04-15", "343.23", "10.30"),
    ];
    rows[0].due = date("2026-02-16");
    rows[1].due = date("2026-03-16");
    let (mut root, mut journal) = active(terms(), "2026-01-15", &rows);
    assert_eq!(root.owed(date("2026-02-16")).total(), amount("1060.59"));

    // 17 Feb: late fee 353.53 × 0.02 = 7.07; mora of a day 353.53 × 0.01 / 30 = 0.1178 → 0.12.
    let on = date("2026-02-17");
    journal.extend(root.advance(on).entries);
    assert_eq!(root.owed(on).total(), amount("1067.78"));

    // 26 Feb, 200.00: mora of 10 days 1.18; 200.00 − 7.07 − 1.18 − 30.00 = 161.75 of principal;
    // left of the base 353.53 − 191.75 = 161.78.
    let on = date("2026-02-26");
    let paid = root.pay(&paying(1, "200.00", "2026-02-26"), on).unwrap();
    journal.extend(paid.entries);
    assert_eq!(paid.outcome.allocations[0].paid.principal, amount("161.75"));
    assert_eq!(root.invoice(1).unwrap().remaining_base(), amount("161.78"));

    // 17 Mar: the first's mora of 19 days 161.78 × 0.01 / 30 × 19 = 1.02; the second 353.53 + 7.07
    // + 0.12; the third not due: 162.80 + 360.72 + 353.53 = 877.05.
    let on = date("2026-03-17");
    journal.extend(root.advance(on).entries);
    assert_eq!(root.owed(on).total(), amount("877.05"));
    assert_eq!(root.days_past_due(on), 29);
    let position = root.position(on);
    assert_eq!((position.overdue_invoices, position.overdue_loans), (2, 1));
    assert_eq!(position.overdue_value, amount("515.31"));
    assert_eq!(position.overdue_1_to_30, amount("515.31"));

    // 18 Mar: the second's late fee is waived.
    let on = date("2026-03-18");
    let charge = Charge::LateFee;
    let waiver = WaiveCommand { invoice: 2, charge, amount: amount("7.07"), on };
    journal.extend(root.waive(&waiver, on).unwrap().entries);

    // 20 Mar: mora 161.78 × 0.01 / 30 × 22 = 1.19 and 353.53 × 0.01 / 30 × 4 = 0.47; owed 162.97 +
    // 354.00 + 353.53 = 870.50, renegotiated at 2 × 450.00. Bases: 161.78 + 353.53 + 353.53 =
    // 868.84, half each.
    let on = date("2026-03-20");
    assert_eq!(root.owed(on).total(), amount("870.50"));
    let command = RenegotiationCommand {
        to: loan_id(2),
        on,
        installments: ["2026-04-20", "2026-05-20"].map(|due| row(due, "435.25", "14.75")).to_vec(),
        terms: terms(),
    };
    let renegotiated = root.renegotiate(&command, on).unwrap();
    journal.extend(renegotiated.closed.entries);
    assert_books(&root, &journal);
    assert_eq!(root.status(), Status::Renegotiated);
    assert_eq!(root.total_value_to_breakeven(), amount("800.00"));
    let (mut loan, mut second_journal) = (renegotiated.loan, renegotiated.opening);
    assert!(loan.invoices.iter().all(|invoice| invoice.base == amount("434.42")));

    // 21 Apr: late fee 434.42 × 0.02 = 8.69 (not 9.00), mora 434.42 × 0.01 / 30 = 0.14.
    let on = date("2026-04-21");
    second_journal.extend(loan.advance(on).entries);
    assert_eq!(loan.owed(on).late_fee, amount("8.69"));
    assert_eq!(loan.owed(on).mora, amount("0.14"));

    // 30 Apr: mora of 10 days 1.45; 450.00 + 8.69 + 1.45 closes it.
    let on = date("2026-04-30");
    let paid = loan.pay(&paying(2, "460.14", "2026-04-30"), on).unwrap();
    second_journal.extend(paid.entries);
    assert!(paid.outcome.allocations[0].closed);

    // 5 May, half of the last period: 14.75 × 15 / 30 = 7.38 earned; 435.25 + 7.38 = 442.63.
    let on = date("2026-05-05");
    let quote = loan.payoff_quote(on).unwrap();
    assert_eq!(quote.payable, amount("442.63"));
    let payoff = PaymentCommand { payoff: true, ..paying(3, "442.63", "2026-05-05") };
    second_journal.extend(loan.pay(&payoff, on).unwrap().entries);
    assert_eq!((loan.stage, loan.is_clear()), (Stage::Completed, true));
    assert_books(&loan, &second_journal);

    // Over both loans: cash −1000.00 + 200.00 + 460.14 + 442.63 = 102.77, which is the income:
    // interest 30.00 + 20.29 + 14.75 + 7.38 = 72.42, late fees 7.07 + 7.07 + 8.69 = 22.83 less
    // 7.07 waived, mora 1.18 + 1.19 + 0.47 + 1.45 = 4.29, and 10.30 of the third invoice's
    // interest that the new principal took in.
    let all = Balances::of(journal.iter().chain(&second_journal));
    for (account, balance) in [
        (Account::Cash, "102.77"),
        (Account::InterestIncome, "-72.42"),
        (Account::LateFeeIncome, "-22.83"),
        (Account::Waivers, "7.07"),
        (Account::MoraIncome, "-4.29"),
        (Account::RenegotiationDifference, "-10.30"),
    ] {
        assert_eq!(all.get(account), amount(balance), "{account:?}");
    }
    assert_eq!(all.iter().count(), 6);
}
