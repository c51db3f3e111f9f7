//! Loans to test with.

use jiff::civil::Date;
use ulid::Ulid;

use crate::ids::{CustomerId, LoanId, PaymentId};
use crate::invoices::{Installment, PaymentCommand, ServicingTerms};
use crate::ledger::{Balances, Entry};
use crate::loans::loan::{Activation, Loan};
use crate::loans::status::Transition;
use crate::money::{Amount, Currency};

pub fn date(text: &str) -> Date {
    text.parse().unwrap()
}

pub fn amount(text: &str) -> Amount {
    text.parse().unwrap()
}

pub fn payment_id(number: u128) -> PaymentId {
    PaymentId::new(Ulid::from(number))
}

pub fn loan_id(number: u128) -> LoanId {
    LoanId::new(Ulid::from(number))
}

/// Late fee 2 %, mora 1 % a month, Brazilian reais.
pub fn terms() -> ServicingTerms {
    ServicingTerms::new(Currency::BRL, "2".parse().unwrap(), "1".parse().unwrap())
}

/// A row due on its nominal date.
pub fn row(due: &str, principal: &str, interest: &str) -> Installment {
    Installment {
        nominal_due: date(due),
        due: date(due),
        principal: amount(principal),
        interest: amount(interest),
    }
}

/// An active loan with its first journal entry.
pub fn active(terms: ServicingTerms, start: &str, rows: &[Installment]) -> (Loan, Vec<Entry>) {
    let principal = rows.iter().map(|row| row.principal).sum();
    let customer = CustomerId::new(Ulid::from(1_u128));
    let mut loan = Loan::request(loan_id(1), customer, principal, terms);
    loan.originate(Transition::Approve).unwrap();
    let activation =
        Activation { on: date(start), installments: rows.to_vec(), fees_withheld: Amount::ZERO };
    let entries = loan.activate(&activation).unwrap().entries;
    (loan, entries)
}

pub fn paying(number: u128, value: &str, on: &str) -> PaymentCommand {
    PaymentCommand {
        payment: payment_id(number),
        amount: amount(value),
        value_date: date(on),
        invoice: None,
        payoff: false,
    }
}

/// The journal is balanced, numbered without gaps, and adds up to the loan's totals.
pub fn assert_books(loan: &Loan, journal: &[Entry]) {
    for (seq, entry) in (1..).zip(journal) {
        assert!(entry.is_balanced(), "{entry:?}");
        assert_eq!(entry.seq, seq);
        assert!(entry.postings.iter().all(|posting| !posting.amount.is_zero()));
    }
    assert_eq!(usize::try_from(loan.seq).unwrap(), journal.len());
    assert_eq!(Balances::of(journal), loan.balances());
}
