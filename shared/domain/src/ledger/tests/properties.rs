//! What holds over any life of a loan.

use proptest::prelude::{Strategy, proptest};
use proptest::{prop_assert, prop_assert_eq};

use super::book::{Book, Life, START, cents, life, plus, unnumbered};
use crate::ledger::{Command, DriftOf, Figure, Position};
use crate::loans::loan::Loan;
use crate::loans::status::Status;
use crate::money::Amount;

/// A life, and two dates around it.
fn life_and_dates() -> impl Strategy<Value = (Life, i64, i64)> {
    (life(), 0..500_i64, 0..200_i64)
}

proptest! {
    #[test]
    fn books_and_invoices_add_up(life in life()) {
        let mut book = Book::open(&life);
        book.check();
        for step in &life.steps {
            book.step(step);
            book.check();
        }
        book.advance(plus(book.today, 400));
        book.check();
    }

    #[test]
    fn daily_runs_equal_one_catch_up_run(life in life()) {
        let mut daily = Book::open(&life);
        let mut catch_up = daily.clone();
        for step in &life.steps {
            let before = daily.today;
            daily.step(step);
            let until = daily.today;
            let mut day = before;
            while day < until {
                day = plus(day, 1);
                daily.advance(day);
                daily.advance(day);
            }
            catch_up.step(step);
        }
        let last = plus(daily.today, 3);
        daily.advance(last);
        catch_up.advance(last);
        prop_assert_eq!(&daily.loan, &catch_up.loan);
        prop_assert_eq!(&daily.journal, &catch_up.journal);
    }

    #[test]
    fn a_position_depends_on_the_events_alone((life, day, later) in life_and_dates()) {
        let mut book = Book::open(&life);
        let as_of = plus(START, day);
        for step in &life.steps {
            book.step(step);
            let position = book.loan.position(as_of);
            let mut advanced = book.loan.clone();
            advanced.advance(as_of);
            prop_assert_eq!(advanced.position(as_of), position);
            advanced.advance(plus(as_of, later));
            prop_assert_eq!(advanced.position(as_of), position);
            for (name, figure) in position.fields() {
                let is_negative = match figure {
                    Figure::Count(count) => count < 0,
                    Figure::Amount(amount) => amount.is_negative(),
                };
                // Credit alone may be a debt of the customer's, and so may be what is left paid.
                prop_assert!(!is_negative || ["cR", "rC"].contains(&name), "{name}");
            }
            // Only a loan that the night looks for changes its position with the date.
            let next = plus(as_of, 1);
            if book.loan.oldest_open_due().is_none_or(|due| due >= next) {
                prop_assert_eq!(book.loan.position(next), position);
            }
        }
    }

    #[test]
    fn a_position_is_what_the_invoices_say(life in life()) {
        let book = Book::live(&life);
        let loan = &book.loan;
        let position = loan.position(book.today);
        let owed = loan.owed(book.today);
        if loan.status() == Status::Active {
            prop_assert_eq!(position.outstanding_principal, owed.principal);
            prop_assert_eq!(position.outstanding_interest, owed.interest);
            prop_assert_eq!(position.late_fees_owed, owed.late_fee);
            prop_assert_eq!(position.mora_owed, owed.mora);
        } else {
            prop_assert_eq!(position.recoverable, owed.total());
        }
        let buckets = position.overdue_1_to_30 + position.overdue_31_to_60
            + position.overdue_61_to_90 + position.overdue_over_90;
        prop_assert_eq!(buckets, position.overdue_value);
        let paid = position.paid_principal + position.paid_interest
            + position.paid_late_fee + position.paid_mora;
        prop_assert_eq!(paid + position.credit, position.received);
        // On the books, what is owed is what is posted and the mora grown since.
        let posted = loan.sums().receivable();
        let mut advanced = loan.clone();
        advanced.advance(book.today);
        prop_assert!(advanced.sums().receivable().total() <= owed.total());
        prop_assert!(posted.value() == owed.value());

        let mut copy = Position::default();
        for (name, figure) in position.fields() {
            prop_assert!(copy.set(name, figure));
        }
        prop_assert_eq!(copy, position);
        prop_assert!(!copy.set("", Figure::Count(0)));
        copy -= position;
        prop_assert_eq!(copy, Position::default());
    }

    #[test]
    fn the_state_is_the_fold_of_its_history(life in life()) {
        let book = Book::live(&life);
        let replayed = Loan::replay(&book.opening, &book.history);
        prop_assert_eq!(
            unnumbered(&book.loan, book.today),
            unnumbered(&replayed, book.today)
        );
    }

    #[test]
    fn a_rebuild_finds_no_drift_and_finds_a_cent(life in life(), day in 0..60_i64) {
        let book = Book::live(&life);
        let on = plus(book.today, day);
        let rebuild = |loan: &Loan| loan.rebuild(&book.opening, &book.history, &book.journal, on);
        let rebuilt = rebuild(&book.loan);
        prop_assert_eq!(&rebuilt.drift, &[]);
        prop_assert_eq!(rebuilt.loan.position(on), book.loan.position(on));
        let mut wrong = book.loan.clone();
        wrong.received += cents(1);
        prop_assert_eq!(rebuild(&wrong).drift.len(), 2);
        wrong.evict_closed(0);
        prop_assert_eq!(rebuild(&wrong).drift.len(), 2);
        let mut wrong = book.loan.clone();
        if let Some(invoice) = wrong.invoices.iter_mut().find(|invoice| invoice.is_open()) {
            invoice.waived.principal += cents(1);
            let of = DriftOf::Invoice { number: invoice.number };
            prop_assert!(rebuild(&wrong).drift.iter().any(|drift| drift.of == of));
        }
    }

    /// Payments booked late, in any order, leave what payments booked on their dates leave.
    #[test]
    fn a_late_payment_is_as_one_on_its_date(life in life()) {
        let mut late = Book::open(&life);
        for step in &life.steps {
            late.step(step);
        }
        let mut prompt = Book::open(&life);
        let mut is_possible = true;
        for command in Command::in_effect(&late.history) {
            prompt.advance(command.on().max(prompt.today));
            let before = prompt.history.len();
            prompt.execute(command);
            is_possible &= prompt.history.len() > before;
        }
        // What a reversal took the ground from cannot be ordered on its date.
        if is_possible {
            prop_assert_eq!(
                unnumbered(&late.loan, late.today),
                unnumbered(&prompt.loan, late.today)
            );
        }
    }

    #[test]
    fn a_reversed_payment_was_never_made(life in life(), which in 0..20_usize) {
        let mut book = Book::live(&life);
        let without = book.clone();
        book.step(&super::book::Step::Pay { permille: 300, lag_days: 40, invoice: None });
        if book.history.len() > without.history.len() {
            let Some(Command::Pay { payment, .. }) = book.history.last().cloned() else {
                unreachable!("a payment was posted")
            };
            book.execute(&Command::Reverse { payment, on: book.today });
            book.check();
            prop_assert_eq!(
                unnumbered(&book.loan, book.today),
                unnumbered(&without.loan, book.today)
            );
        }
        book.step(&super::book::Step::Reverse { which });
        book.check();
    }

    #[test]
    fn eviction_changes_no_figure((life, day, keep) in (life(), 0..60_i64, 0..3_usize)) {
        let book = Book::live(&life);
        let mut loan = book.loan.clone();
        let evicted = loan.evict_closed(keep);
        prop_assert_eq!(evicted.len() + loan.invoices.len(), book.loan.invoices.len());
        prop_assert_eq!(loan.invoice_count(), book.loan.invoice_count());
        let on = plus(book.today, day);
        for loan in [&mut loan, &mut book.loan.clone()] {
            loan.advance(on);
        }
        prop_assert_eq!(loan.position(on), book.loan.position(on));
        prop_assert_eq!(loan.owed(on), book.loan.owed(on));
        prop_assert_eq!(loan.sums(), {
            let mut whole = book.loan.clone();
            whole.advance(on);
            whole.sums()
        });
        prop_assert_eq!(loan.payoff_quote(on), book.loan.payoff_quote(on));
    }

    #[test]
    fn a_quote_is_what_ends_the_contract(life in life(), day in 0..60_i64) {
        let mut book = Book::live(&life);
        book.today = plus(book.today, day);
        let Ok(quote) = book.loan.payoff_quote(book.today) else { return Ok(()) };
        prop_assert!(quote.payable <= quote.owed.total());
        prop_assert!(!quote.payable.is_negative());
        let credit = book.loan.credit;
        book.step(&super::book::Step::PayOff { lag_days: 0 });
        if quote.payable.is_positive() {
            prop_assert_eq!(book.loan.status(), Status::Paid);
            prop_assert_eq!(book.loan.credit, credit);
            prop_assert_eq!(book.loan.owed(book.today).total(), Amount::ZERO);
        }
        book.check();
    }
}
