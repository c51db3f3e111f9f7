use proptest::collection::vec;
use proptest::prelude::{Strategy, prop_oneof, proptest};
use proptest::{prop_assert, prop_assert_eq};

use super::book::{Book, Life, Step, cents, life, permille, plus};
use super::support::{active, amount, assert_books, date, loan_id, paying, row, terms};
use crate::invoices::Installment;
use crate::ledger::{Account, CommandError};
use crate::loans::loan::Loan;
use crate::loans::status::{Stage, Status};
use crate::money::Amount;
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

/// An amount to spread that does not divide: 800.00 over values 100, 200, 300 is 133.333…,
/// 266.666…, 400; the cent left goes to the larger remainder, the second.
#[test]
fn bases_follow_the_values() {
    let (mut root, _) = active(terms(), "2026-01-10", &[row("2026-02-10", "800.00", "0.00")]);
    let values = [("2026-03-10", "100"), ("2026-04-10", "200"), ("2026-05-10", "300")];
    let renegotiated = root
        .renegotiate(
            &RenegotiationCommand {
                to: loan_id(2),
                on: date("2026-02-10"),
                installments: values.map(|(due, value)| row(due, value, "0")).to_vec(),
                terms: terms(),
            },
            date("2026-02-10"),
        )
        .unwrap();
    let bases: Vec<_> = renegotiated.loan.invoices.iter().map(|invoice| invoice.base).collect();
    assert_eq!(bases, ["133.33", "266.67", "400.00"].map(amount));
}

/// The debt went to the new loan, and so must a payment.
#[test]
fn a_renegotiated_loan_names_its_successor() {
    let (mut root, _) = active(terms(), "2026-01-10", &[row("2026-02-10", "800.00", "0.00")]);
    let on = date("2026-02-10");
    let command = RenegotiationCommand {
        to: loan_id(2),
        on,
        installments: vec![row("2026-03-10", "900.00", "0.00")],
        terms: terms(),
    };
    root.renegotiate(&command, on).unwrap();
    let before = root.clone();
    let replaced = CommandError::Replaced { by: loan_id(2) };
    assert_eq!(root.pay(&paying(1, "1.00", "2026-02-10"), on).unwrap_err(), replaced);
    assert_eq!(root.renegotiate(&command, on).unwrap_err(), replaced);
    assert_eq!(root, before);
}

/// What happens to a chain of loans between renegotiations.
#[derive(Debug, Clone)]
struct Link {
    steps: Vec<Step>,
    /// New value, in thousandths of what is owed.
    permille: i64,
    installments: i64,
}

fn chain() -> impl Strategy<Value = (Life, Vec<Link>)> {
    let act = prop_oneof![
        3 => (1..1200_i64)
            .prop_map(|permille| Step::Pay { permille, lag_days: 0, invoice: None }),
        1 => (0..101_u32, 0..101_u32)
            .prop_map(|(late_fee, mora)| Step::WaivePenalties { late_fee, mora }),
    ];
    let payments = (act, 0..60_i64).prop_map(|(act, days)| [Step::Wait { days }, act]);
    let link = (vec(payments, 0..4), 300..2_000_i64, 1..9_i64).prop_map(
        |(payments, permille, installments)| Link {
            steps: payments.into_iter().flatten().collect(),
            permille,
            installments,
        },
    );
    (life(), vec(link, 1..5)).prop_map(|(life, links)| (Life { steps: Vec::new(), ..life }, links))
}

proptest! {
    /// Over random payments, waivers of penalties and renegotiations: the new bases sum to the old ones still owed, the
    /// root's value is never exceeded, and what is charged is charged on the bases alone.
    #[test]
    fn the_base_never_grows((life, links) in chain()) {
        let mut book = Book::open(&life);
        let mut base = book.loan.renegotiation_base();
        let value: Amount = life.rows.iter().map(Installment::value).sum();
        prop_assert_eq!(base, value);
        for (link, number) in links.iter().zip(2_u128..) {
            for step in &link.steps {
                book.step(step);
                let now = book.loan.renegotiation_base();
                prop_assert!(now <= base);
                base = now;
            }
            let owed = book.loan.owed(book.today).total();
            let total = permille(owed, link.permille).max(cents(link.installments));
            let each = permille(total, 1_000 / link.installments).max(cents(1));
            let today = book.today;
            let command = RenegotiationCommand {
                to: loan_id(number),
                on: today,
                installments: (1..=link.installments)
                    .map(|index| Installment {
                        nominal_due: plus(today, 20 * index),
                        due: plus(today, 20 * index + 1),
                        principal: each,
                        interest: cents(index),
                    })
                    .collect(),
                terms: life.terms,
            };
            let Ok(renegotiated) = book.loan.renegotiate(&command, today) else { break };
            book.journal.extend(renegotiated.closed.entries);
            assert_books(&book.loan, &book.journal);
            let transfer = |loan: &Loan| loan.balances().get(Account::RenegotiationTransfer);
            let before = transfer(&book.loan);
            prop_assert_eq!(book.loan.renegotiation_base(), cents(0));

            let mut loan = renegotiated.loan;
            prop_assert_eq!(loan.renegotiation_base(), base);
            prop_assert_eq!(loan.root, loan_id(1));
            if book.loan.transferred_in.is_zero() {
                prop_assert_eq!(before + transfer(&loan), cents(0));
            }
            let opening = loan.clone();
            let mut journal = renegotiated.opening;
            journal.extend(loan.advance(today).entries);
            book = Book { opening, loan, journal, history: Vec::new(), ..book };
            book.check();
            let mut late = book.loan.clone();
            late.advance(plus(today, 400));
            let fees: Amount = late.invoices.iter().map(|invoice| invoice.late_fee).sum();
            let highest: Amount =
                late.invoices.iter().map(|invoice| life.terms.late_fee_on(invoice.base)).sum();
            prop_assert_eq!(fees, highest);
        }
    }
}
