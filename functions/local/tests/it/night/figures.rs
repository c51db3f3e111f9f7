//! A portfolio against a computation of its own: whole cents, written from the rules alone.

use domain::ids::PaymentId;
use domain::invoices::PaymentCommand;
use domain::ledger::Position;
use jiff::ToSpan as _;
use jiff::civil::Date;
use local::bench::portfolio::{Contract, cents};
use platform::servicing::{Entered, MoneyError};
use platform::store::{Effect, JournalItem, Loans};

use super::{Nights, contracts, date};

const CONTRACTS: u32 = 60;
const NIGHTS: i32 = 20;

/// An invoice in cents: late fee 2 % of its value, mora 1 % of what is unpaid a month of 30 days.
#[derive(Debug, Clone, Copy)]
struct Invoice {
    due: Date,
    value: i64,
    paid_value: i64,
    paid_fee: i64,
    paid_mora: i64,
    mora_fixed: i64,
    since: Date,
}

impl Invoice {
    const fn is_open(&self) -> bool {
        self.paid_value < self.value
    }

    fn is_overdue(&self, on: Date) -> bool {
        self.is_open() && self.due < on
    }

    fn fee(&self, on: Date) -> i64 {
        if self.due < on { half_up(self.value * 2, 100) } else { 0 }
    }

    fn mora(&self, on: Date) -> i64 {
        let days = i64::from((on - self.since).get_days()).max(0);
        self.mora_fixed + half_up((self.value - self.paid_value) * days, 3_000)
    }

    /// Late fee, mora, then the value; returns what is left.
    fn pay(&mut self, mut amount: i64, on: Date) -> i64 {
        if self.due < on {
            self.mora_fixed = self.mora(on);
            self.since = on;
        }
        let fee = amount.min(self.fee(on) - self.paid_fee);
        self.paid_fee += fee;
        amount -= fee;
        let mora = amount.min(self.mora_fixed - self.paid_mora);
        self.paid_mora += mora;
        amount -= mora;
        let value = amount.min(self.value - self.paid_value);
        self.paid_value += value;
        amount - value
    }
}

fn half_up(numerator: i64, denominator: i64) -> i64 {
    (2 * numerator + denominator) / (2 * denominator)
}

fn invoices(contract: &Contract) -> Vec<Invoice> {
    let value = contract.principal_cents + contract.interest_cents;
    let invoice = |due| Invoice {
        due,
        value,
        paid_value: 0,
        paid_fee: 0,
        paid_mora: 0,
        mora_fixed: 0,
        since: due,
    };
    contract.dues().map(invoice).collect()
}

/// What the computation says of all contracts together, as the shards have it.
fn expected(portfolio: &[Vec<Invoice>], on: Date) -> Position {
    let mut position = Position::default();
    let (mut fees, mut mora, mut value) = (0, 0, 0);
    for invoices in portfolio {
        let overdue: Vec<_> = invoices.iter().filter(|invoice| invoice.is_overdue(on)).collect();
        position.active_loans += i64::from(invoices.iter().any(Invoice::is_open));
        position.overdue_loans += i64::from(!overdue.is_empty());
        position.overdue_invoices += i64::try_from(overdue.len()).unwrap();
        for invoice in overdue {
            fees += invoice.fee(on) - invoice.paid_fee;
            mora += invoice.mora(on) - invoice.paid_mora;
            value += invoice.value - invoice.paid_value;
        }
    }
    position.late_fees_owed = cents(fees);
    position.mora_owed = cents(mora);
    position.overdue_value = cents(value);
    position
}

async fn pay(nights: &Nights, number: usize, amount: i64, on: Date) {
    let deps = &nights.stage.deps;
    let command = PaymentCommand {
        payment: PaymentId::new(deps.ulid()),
        amount: cents(amount),
        value_date: on,
        invoice: None,
        payoff: false,
    };
    Loans::new(&deps.table)
        .change(&nights.brand, nights.loans[number], on, deps.now(), async |change, tx| {
            let changed = change.record.loan.pay(&command, on).map_err(MoneyError::Refused)?;
            let Entered { id, at, effect } =
                Entered::now(deps, Effect::new("test", "payments:record", command.payment));
            let entries = &changed.entries;
            let command = command.command();
            let item = JournalItem::new(&change.record, id, at, effect, entries, Some(&command))?;
            change.journal(item);
            Ok::<_, MoneyError>(((), tx))
        })
        .await
        .unwrap()
        .unwrap();
}

#[tokio::test]
async fn twenty_nights_of_sixty_contracts_to_the_cent() {
    let contracts = contracts(CONTRACTS, "2025-12-20");
    let mut portfolio: Vec<_> = contracts.iter().map(invoices).collect();
    let nights = Nights::of(&contracts, 4, "2026-02-01").await;
    nights.stage.listen();
    for night in 1..=NIGHTS {
        let today = date("2026-02-01").checked_add(night.days()).unwrap();
        nights.stage.night(&nights.brand, today).await.unwrap();

        let mut sum = Position::default();
        for shard in nights.shards().await {
            assert_eq!(shard.as_of, today);
            sum += shard.position;
        }
        let expected = expected(&portfolio, today);
        assert_eq!(
            (sum.active_loans, sum.overdue_loans, sum.overdue_invoices),
            (expected.active_loans, expected.overdue_loans, expected.overdue_invoices),
            "{today}"
        );
        assert_eq!(
            (sum.late_fees_owed, sum.mora_owed, sum.overdue_value),
            (expected.late_fees_owed, expected.mora_owed, expected.overdue_value),
            "{today}"
        );
        for (number, invoices) in portfolio.iter().enumerate() {
            let loan = nights.record(nights.loans[number]).await.loan;
            for invoice in loan.open_invoices() {
                let by_hand = &invoices[usize::from(invoice.number) - 1];
                let owed = invoice.owed(today, &loan.terms);
                let fee = by_hand.fee(today) - by_hand.paid_fee;
                let mora = by_hand.mora(today) - by_hand.paid_mora;
                assert_eq!((owed.late_fee, owed.mora), (cents(fee), cents(mora)), "{today}");
            }
        }
        // Two contracts pay each day: a part of an invoice, or one and a part of the next.
        for step in 0..2_i64 {
            let number = usize::try_from((i64::from(night) * 7 + step * 29) % 60).unwrap();
            let open = portfolio[number].iter().filter(|invoice| invoice.is_open());
            let left: i64 = open.map(|invoice| invoice.value - invoice.paid_value).sum();
            let amount = (portfolio[number][0].value * (2 + 3 * step) / 3 + 41).min(left / 2);
            if amount == 0 {
                continue;
            }
            pay(&nights, number, amount, today).await;
            let mut rest = amount;
            for invoice in portfolio[number].iter_mut().filter(|invoice| invoice.is_open()) {
                if rest > 0 {
                    rest = invoice.pay(rest, today);
                }
            }
        }
    }
    nights.assert_no_drift().await;
}
