//! No accepted input panics, and what cannot be is refused with the reason.

use jiff::civil::{Date, date};

use super::support::{active, amount, paying, row, terms};
use crate::invoices::{Installment, ServicingTerms};
use crate::ledger::{Command, CommandError};
use crate::loans::loan::{Activation, LOAN_INVOICES, Loan};
use crate::loans::status::Transition;
use crate::money::{Amount, Currency};

fn approved(principal: Amount, terms: ServicingTerms) -> Loan {
    let mut loan = active(terms, "2026-01-01", &[row("2026-02-01", "1", "0")]).0;
    loan = Loan::request(loan.id, loan.customer, principal, terms);
    loan.originate(Transition::Approve).unwrap();
    loan
}

#[test]
fn the_largest_contract_at_the_highest_rates_over_all_of_time() {
    let highest = "10000".parse().unwrap();
    for currency in [Currency::BRL, Currency::JPY, Currency::KWD] {
        let terms = ServicingTerms::new(currency, highest, highest);
        let rows = [row("0001-01-02", "999999999998", "1"), row("9999-12-30", "1", "0")];
        let (mut loan, _) = active(terms, "0001-01-01", &rows);
        let today = Date::MAX;
        loan.advance(today);
        assert!(loan.owed(today).total().is_positive());
        assert!(loan.position(today).mora_owed.is_positive());
        loan.payoff_quote(today).unwrap();
        loan.explain(1, today).unwrap();
        let largest = paying(1, "1000000000000", "9999-12-31");
        loan.pay(&largest, today).unwrap();
        assert!(loan.balances().is_balanced());
        loan.write_off(today, today).unwrap();
    }
}

#[test]
fn payments_that_cannot_be() {
    let (mut loan, _) = active(terms(), "2026-02-10", &[row("2026-03-10", "500.00", "0.00")]);
    let today = date(2026, 3, 10);
    let refused = |loan: &mut Loan, value: &str, on: &str| {
        let before = loan.clone();
        let error = loan.pay(&paying(1, value, on), today).unwrap_err();
        assert_eq!(*loan, before);
        assert!(error.field().is_some());
        error
    };
    assert_eq!(refused(&mut loan, "0", "2026-03-10"), CommandError::NotPositive);
    assert_eq!(refused(&mut loan, "-1", "2026-03-10"), CommandError::NotPositive);
    assert_eq!(
        refused(&mut loan, "0.001", "2026-03-10"),
        CommandError::NotAnAmount { currency: Currency::BRL }
    );
    assert_eq!(refused(&mut loan, "1", "2026-03-11"), CommandError::InTheFuture { today });
    assert_eq!(
        refused(&mut loan, "1", "2026-02-09"),
        CommandError::BeforeStart { start: date(2026, 2, 10) }
    );
    let mut named = paying(1, "1", "2026-03-10");
    named.invoice = Some(2);
    assert_eq!(loan.pay(&named, today).unwrap_err(), CommandError::InvoiceNotOpen { number: 2 });
    let mut request = approved(amount("1"), terms());
    assert!(matches!(
        request.pay(&paying(1, "1", "2026-03-10"), today).unwrap_err(),
        CommandError::NotPayable { .. }
    ));
}

#[test]
fn schedules_that_cannot_be() {
    let start = date(2026, 1, 1);
    let activate = |principal: &str, installments: Vec<Installment>| {
        let mut loan = approved(amount(principal), terms());
        let before = loan.clone();
        let fees_withheld = Amount::ZERO;
        let result = loan.activate(&Activation { on: start, installments, fees_withheld });
        if result.is_err() {
            assert_eq!(loan, before);
        }
        result.map(|changed| changed.entries)
    };
    let good = row("2026-02-01", "100", "1");
    assert!(activate("100", vec![good]).is_ok());
    assert_eq!(activate("100", Vec::new()), Err(CommandError::InstallmentCount));
    assert_eq!(activate("100", vec![good; LOAN_INVOICES + 1]), Err(CommandError::InstallmentCount));
    assert_eq!(
        activate("101", vec![good]),
        Err(CommandError::PrincipalMismatch { expected: amount("101"), principal: amount("100") })
    );
    assert_eq!(
        activate("200", vec![good, row("2026-01-31", "100", "1")]),
        Err(CommandError::InstallmentOrder { due: date(2026, 1, 31) })
    );
    for (principal, interest) in
        [("100", "-1"), ("100", "0.001"), ("100", "1000000000000"), ("1000000000000", "1")]
    {
        assert!(matches!(
            activate(principal, vec![row("2026-02-01", principal, interest)]),
            Err(CommandError::InstallmentAmount { .. })
        ));
    }
}

/// What the journal keeps of a command.
#[test]
fn commands_as_they_are_stored() {
    let commands = [
        paying(1, "10.50", "2026-03-10").command(),
        Command::Reverse { payment: super::support::payment_id(1), on: date(2026, 3, 11) },
        Command::WriteOff { on: date(2026, 3, 12) },
    ];
    let json = serde_json::to_string_pretty(&commands).unwrap();
    insta::assert_snapshot!(json, @r#"
    [
      {
        "kind": "PAY",
        "payment": "pay_00000000000000000000000001",
        "amount": "10.50",
        "on": "2026-03-10"
      },
      {
        "kind": "REVERSE",
        "payment": "pay_00000000000000000000000001",
        "on": "2026-03-11"
      },
      {
        "kind": "WRITE_OFF",
        "on": "2026-03-12"
      }
    ]
    "#);
    assert_eq!(serde_json::from_str::<Vec<Command>>(&json).unwrap(), commands);
}
