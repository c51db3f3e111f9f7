//! What money events come to month by month, whichever way it is counted.

use std::collections::BTreeMap;
use std::slice;

use proptest::prelude::proptest;
use proptest::{prop_assert, prop_assert_eq};

use super::book::{Book, life, plus};
use super::support::{active, amount, paying, row, terms};
use crate::calendar::Month;
use crate::ledger::{Command, Flows, FlowsByMonth, due_by_month, flows_by_month};
use crate::loans::loan::Loan;
use crate::money::Amount;

fn rebuilt(opening: &Loan, history: &[Command]) -> FlowsByMonth {
    flows_by_month(opening, history.iter().map(slice::from_ref))
}

fn sum(months: &FlowsByMonth) -> Flows {
    months.values().fold(Flows::default(), |mut sum, month| {
        sum += *month;
        sum
    })
}

fn without_zeros(months: FlowsByMonth) -> FlowsByMonth {
    months.into_iter().filter(|(_, flows)| *flows != Flows::default()).collect()
}

proptest! {
    /// Whoever stores a change knows the loan before and after and the command alone; whoever
    /// rebuilds knows the opening and all the commands. Both come to the same months.
    #[test]
    fn counted_as_they_come_or_from_the_journal(life in life()) {
        let mut book = Book::open(&life);
        let mut kept = rebuilt(&book.opening, &[]);
        for step in &life.steps {
            let (before, posted) = (book.loan.flows(), book.history.len());
            book.step(step);
            if let Some(command) = book.history.get(posted) {
                let change =
                    Flows::between(before, book.loan.flows(), slice::from_ref(command));
                *kept.entry(Month::of(command.on())).or_default() += change;
            } else {
                prop_assert_eq!(book.loan.flows(), before);
            }
        }
        let again = rebuilt(&book.opening, &book.history);
        prop_assert_eq!(without_zeros(kept), without_zeros(again));
    }

    /// The months add up to what the portfolio says of the loan, and no night changes them.
    #[test]
    fn months_add_up_to_the_position(life in life()) {
        let mut book = Book::live(&life);
        let sum = sum(&rebuilt(&book.opening, &book.history));
        prop_assert_eq!(Flows { payments: 0, ..sum }, book.loan.flows());
        let in_effect = Command::in_effect(&book.history);
        let payments = in_effect.iter().filter(|command| matches!(command, Command::Pay { .. }));
        prop_assert_eq!(usize::try_from(sum.payments).unwrap(), payments.count());
        let position = book.loan.position(book.today);
        prop_assert_eq!(
            (sum.received, sum.disbursed, sum.waived, sum.credit, sum.contract_interest),
            (
                position.received,
                position.disbursed,
                position.waived,
                position.credit,
                position.contract_interest,
            )
        );
        prop_assert_eq!(sum.paid_principal, position.paid_principal);
        prop_assert_eq!(sum.paid_interest, position.paid_interest);
        prop_assert_eq!(sum.paid_late_fee, position.paid_late_fee);
        prop_assert_eq!(sum.paid_mora, position.paid_mora);
        prop_assert_eq!(sum.written_off - sum.recovered, {
            let lost = book.loan.written_off;
            lost.map_or(Amount::ZERO, |lost| book.loan.owed(lost.on).total())
        });
        let flows = book.loan.flows();
        book.advance(plus(book.today, 90));
        prop_assert_eq!(book.loan.flows(), flows);
    }

    #[test]
    fn what_is_due_is_the_contract(life in life()) {
        let book = Book::open(&life);
        let due = due_by_month(&book.opening.invoices);
        let loan = &book.opening;
        prop_assert_eq!(due.values().copied().sum::<Amount>(), loan.principal + loan.interest);
        prop_assert!(due.values().all(|amount| !amount.is_negative()));
    }
}

/// 2 × 500.00, due on 10 March and 10 April. 200.00 come on 5 March; on 12 April it is told that
/// 300.00 had come on 8 March. The March months keep what is of March. Of April are the late fee of
/// the second invoice, 10.00, and what of its payment is left for it.
#[test]
fn a_payment_told_late_is_counted_on_its_value_date() {
    let rows = [row("2026-03-10", "500.00", "0.00"), row("2026-04-10", "500.00", "0.00")];
    let (opening, _) = active(terms(), "2026-02-10", &rows);
    let history: Vec<Command> = [
        paying(1, "200.00", "2026-03-05"),
        paying(2, "500.00", "2026-04-12"),
        paying(3, "300.00", "2026-03-08"),
    ]
    .iter()
    .map(|payment| payment.command())
    .collect();
    let months = rebuilt(&opening, &history);
    let of = |month: &str| months[&month.parse::<Month>().unwrap()];
    assert_eq!(of("2026-02").disbursed, amount("1000.00"));
    let (march, april) = (of("2026-03"), of("2026-04"));
    assert_eq!((march.received, march.payments), (amount("500.00"), 2));
    assert_eq!((april.received, april.payments), (amount("500.00"), 1));
    // On 12 April 300.00 of the first invoice were 33 days overdue: late fee 10.00, mora
    // 300.00 × 1 % / 30 × 33 = 3.30; then 300.00 to it, and 186.70 to the second (late fee 10.00,
    // mora 500.00 × 1 % / 30 × 2 = 0.33, principal 176.37).
    assert_eq!((april.paid_late_fee, april.paid_mora), (amount("20.00"), amount("3.63")));
    // With the 300.00 in March the first invoice was paid in time: the 500.00 of April go to the
    // second: 10.00, 0.33 and 489.67. The difference is the late payment's, and so of March.
    assert_eq!((march.paid_late_fee, march.paid_mora), (amount("-10.00"), amount("-3.30")));
    let all = sum(&months);
    assert_eq!((all.paid_late_fee, all.paid_mora), (amount("10.00"), amount("0.33")));
    assert_eq!(all.paid_principal, amount("989.67"));
    let due = due_by_month(&opening.invoices);
    let expected = [("2026-03", "500.00"), ("2026-04", "500.00")];
    let expected: BTreeMap<Month, Amount> =
        expected.map(|(month, due)| (month.parse().unwrap(), amount(due))).into();
    assert_eq!(due, expected);
}
