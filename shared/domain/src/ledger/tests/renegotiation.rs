use super::support::{active, amount, assert_books, date, loan_id, paying, row, terms};
use crate::ledger::Account;
use crate::loans::status::{Stage, Status};
use crate::renegotiations::RenegotiationCommand;

/// 3 × 400.00, the first paid, the rest renegotiated at 3 × 300.00: bases 800 / 3 by largest
/// remainder = 266.67, 266.67, 266.66; late fee of the first 266.67 × 0.02 = 5.33 (not 6.00).
/// Renegotiated again at 1,000.00 in one, nothing paid since: base 800.00.
#[test]
fn late_fee_and_mora_stay_on_the_root_value() {
    let rows = ["2026-02-10", "2026-03-10", "2026-04-10"].map(|due| row(due, "350.00", "50.00"));
    let (mut root, mut journal) = active(terms(), "2026-01-10", &rows);
    let today = date("2026-02-10");
    journal.extend(root.pay(&paying(1, "400.00", "2026-02-10"), today).unwrap().entries);

    let today = date("2026-04-20");
    let second = root
        .renegotiate(
            &RenegotiationCommand {
                to: loan_id(2),
                on: today,
                installments: ["2026-05-20", "2026-06-20", "2026-07-20"]
                    .map(|due| row(due, "300.00", "0.00"))
                    .to_vec(),
                terms: terms(),
            },
            today,
        )
        .unwrap();
    journal.extend(second.closed.entries);
    assert_books(&root, &journal);
    assert_eq!(root.status(), Status::Renegotiated);
    assert_eq!(root.owed(today).total(), amount("0.00"));

    let mut loan = second.loan;
    let mut journal = second.opening;
    assert_books(&loan, &journal);
    assert_eq!(loan.stage, Stage::Disbursed);
    assert_eq!((loan.root, loan.renegotiated_from), (root.id, Some(root.id)));
    let bases: Vec<_> = loan.invoices.iter().map(|invoice| invoice.base).collect();
    assert_eq!(bases, ["266.67", "266.67", "266.66"].map(amount));
    assert_eq!(
        root.balances().get(Account::RenegotiationTransfer)
            + loan.balances().get(Account::RenegotiationTransfer),
        amount("0.00")
    );

    let night = loan.advance(date("2026-05-21"));
    assert_eq!(night.outcome[0].late_fee, amount("5.33"));
    journal.extend(night.entries);

    let again = loan
        .renegotiate(
            &RenegotiationCommand {
                to: loan_id(3),
                on: date("2026-05-21"),
                installments: vec![row("2026-06-21", "1000.00", "0.00")],
                terms: terms(),
            },
            date("2026-05-21"),
        )
        .unwrap();
    journal.extend(again.closed.entries);
    assert_books(&loan, &journal);
    assert_eq!(again.loan.invoices[0].base, amount("800.00"));
    assert_eq!(again.loan.root, root.id);
}
