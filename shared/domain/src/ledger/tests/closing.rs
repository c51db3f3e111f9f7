//! How contracts come to owe nothing, and why others do not.

use ulid::Ulid;

use super::support::{active, amount, date, loan_id, paying, payment_id, row, terms};
use crate::ids::CustomerId;
use crate::ledger::Command;
use crate::loans::closing::{Closing, NotClear};
use crate::loans::loan::Loan;
use crate::renegotiations::RenegotiationCommand;
use crate::settlements::SettlementCommand;

/// 500.00 due on 2026-03-10.
fn one_invoice() -> Loan {
    active(terms(), "2026-02-10", &[row("2026-03-10", "500.00", "0.00")]).0
}

#[test]
fn a_cent_is_owed_until_it_is_paid() {
    let mut loan = one_invoice();
    let due = date("2026-03-10");
    assert_eq!(loan.closing(due), Err(NotClear::Owes(amount("500.00"))));
    loan.pay(&paying(1, "499.99", "2026-03-10"), due).unwrap();
    assert_eq!(loan.closing(due), Err(NotClear::Owes(amount("0.01"))));
    // The day after: the late fee of 2 % of 500.00, and mora of less than half a cent.
    assert_eq!(loan.closing(date("2026-03-11")), Err(NotClear::Owes(amount("10.01"))));
    loan.pay(&paying(2, "0.01", "2026-03-10"), due).unwrap();
    assert_eq!(loan.closing(due), Ok(Closing::Paid));
}

#[test]
fn what_is_settled_or_recovered_is_clear() {
    let on = date("2026-04-09");
    let mut settled = one_invoice();
    let offer = SettlementCommand { amount: amount("300.00"), on, until: date("2026-04-30") };
    settled.offer_settlement(&offer, on).unwrap();
    assert_eq!(settled.closing(on), Err(NotClear::Owes(amount("515.00"))));
    settled.pay(&paying(1, "300.00", "2026-04-09"), on).unwrap();
    assert_eq!(settled.closing(on), Ok(Closing::Settled));

    let mut lost = one_invoice();
    lost.write_off(on, on).unwrap();
    let later = date("2027-04-09");
    assert_eq!(lost.closing(later), Err(NotClear::Owes(amount("515.00"))));
    lost.pay(&paying(1, "515.00", "2027-04-09"), later).unwrap();
    assert_eq!(lost.closing(later), Ok(Closing::Recovered));
}

#[test]
fn a_debt_that_moved_or_came_back_is_not_clear() {
    let on = date("2026-04-09");
    let mut replaced = one_invoice();
    let command = RenegotiationCommand {
        to: loan_id(2),
        on,
        installments: vec![row("2026-05-09", "515.00", "0.00")],
        terms: terms(),
    };
    replaced.renegotiate(&command, on).unwrap();
    assert_eq!(replaced.closing(on), Err(NotClear::Renegotiated(loan_id(2))));

    // 20.00 too much is paid back, and the bank takes the payment behind it back: 515.00 are owed.
    let mut reopened = one_invoice();
    let opening = reopened.clone();
    let payment = paying(1, "520.00", "2026-03-10");
    reopened.pay(&payment, date("2026-03-10")).unwrap();
    assert_eq!(reopened.closing(on), Ok(Closing::Paid));
    let reverse = Command::Reverse { payment: payment_id(1), on };
    reopened.restate(&opening, &[payment.command()], &reverse, on).unwrap();
    assert_eq!(reopened.closing(on), Err(NotClear::Owes(amount("515.00"))));

    let customer = CustomerId::new(Ulid::from(1_u128));
    let asked = Loan::request(loan_id(3), customer, amount("500.00"), terms());
    assert_eq!(asked.closing(on), Err(NotClear::NotDisbursed));
}
