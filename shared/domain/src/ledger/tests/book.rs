//! A loan with its journal and history, and random lives for it.

use jiff::ToSpan;
use jiff::civil::{Date, date};
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use rust_decimal::Decimal;

use super::support::{active, assert_books, payment_id};
use crate::invoices::{
    AllocationOrder, Charge, ChargeRounding, Installment, Invoice, Rebate, ServicingTerms, Split,
};
use crate::ledger::{Account, Command, CommandError, Entry};
use crate::loans::loan::Loan;
use crate::money::{Amount, Currency, Percent};

pub const START: Date = date(2024, 1, 31);

/// One thing that happens to a loan; sizes are in thousandths of what they apply to.
#[derive(Debug, Clone)]
pub enum Step {
    Wait { days: i64 },
    Pay { permille: i64, lag_days: i64, invoice: Option<u16> },
    PayOff { lag_days: i64 },
    Reverse { which: usize },
    Waive { which: usize, charge: Charge, permille: i64 },
    WaivePenalties { late_fee: u32, mora: u32 },
    Refund,
    Settle { permille: i64, days: i64 },
    WriteOff,
}

#[derive(Debug, Clone)]
pub struct Life {
    pub terms: ServicingTerms,
    pub rows: Vec<Installment>,
    pub steps: Vec<Step>,
}

/// A loan as its store would keep it: with every command and every entry.
#[derive(Debug, Clone)]
pub struct Book {
    pub opening: Loan,
    pub loan: Loan,
    pub history: Vec<Command>,
    pub journal: Vec<Entry>,
    pub today: Date,
    pub payments: u128,
}

pub fn cents(minor: i64) -> Amount {
    Amount::from_minor(minor, Currency::BRL)
}

fn minor(amount: Amount) -> i64 {
    amount.to_minor(Currency::BRL).unwrap()
}

pub fn permille(amount: Amount, permille: i64) -> Amount {
    cents(i64::try_from(i128::from(minor(amount)) * i128::from(permille) / 1000).unwrap())
}

pub fn plus(on: Date, days: i64) -> Date {
    on.checked_add(days.days()).unwrap()
}

fn terms() -> impl Strategy<Value = ServicingTerms> {
    let percent = |hundredths: i64| Percent::new(Decimal::new(hundredths, 2));
    let rebate = prop_oneof![Just(Rebate::None), Just(Rebate::ProRata), Just(Rebate::RuleOf78)];
    (0..500_i64, 0..900_i64, any::<bool>(), any::<bool>(), rebate, 0..1500_i64).prop_map(
        move |(late_fee, mora, even, principal_first, rebate, discount)| ServicingTerms {
            rounding: if even { ChargeRounding::HalfEven } else { ChargeRounding::HalfUp },
            allocation: if principal_first {
                AllocationOrder::PrincipalFirst
            } else {
                AllocationOrder::ChargesFirst
            },
            rebate,
            payoff_discount: percent(discount),
            ..ServicingTerms::new(Currency::BRL, percent(late_fee), percent(mora))
        },
    )
}

fn rows() -> impl Strategy<Value = Vec<Installment>> {
    let row = (1..40_i64, 0..4_i64, 1..100_000_i64, 0..20_000_i64);
    proptest::collection::vec(row, 1..7).prop_map(|rows| {
        let mut nominal = START;
        let mut last = START;
        rows.into_iter()
            .map(|(gap, shift, principal, interest)| {
                nominal = plus(nominal, gap);
                last = plus(nominal, shift).max(last);
                Installment {
                    nominal_due: nominal,
                    due: last,
                    principal: cents(principal),
                    interest: cents(interest),
                }
            })
            .collect()
    })
}

pub fn step() -> impl Strategy<Value = Step> {
    let charge = prop_oneof![Just(Charge::LateFee), Just(Charge::Mora)];
    prop_oneof![
        8 => (0..45_i64).prop_map(|days| Step::Wait { days }),
        8 => (1..900_i64, 0..60_i64, proptest::option::of(1..8_u16)).prop_map(
            |(permille, lag_days, invoice)| Step::Pay { permille, lag_days, invoice }
        ),
        1 => Just(Step::Pay { permille: 1_100, lag_days: 0, invoice: None }),
        1 => (0..20_i64).prop_map(|lag_days| Step::PayOff { lag_days }),
        2 => any::<usize>().prop_map(|which| Step::Reverse { which }),
        2 => (0..8_usize, charge, 1..1001_i64).prop_map(|(which, charge, permille)| {
            Step::Waive { which, charge, permille }
        }),
        1 => (0..101_u32, 0..101_u32).prop_map(|(late_fee, mora)| Step::WaivePenalties {
            late_fee,
            mora,
        }),
        1 => Just(Step::Refund),
        1 => (100..999_i64, 0..60_i64).prop_map(|(permille, days)| Step::Settle { permille, days }),
        1 => Just(Step::WriteOff),
    ]
}

pub fn life() -> impl Strategy<Value = Life> {
    (terms(), rows(), proptest::collection::vec(step(), 0..14))
        .prop_map(|(terms, rows, steps)| Life { terms, rows, steps })
}

impl Book {
    pub fn open(life: &Life) -> Self {
        let (loan, journal) = active(life.terms, &START.to_string(), &life.rows);
        Self {
            opening: loan.clone(),
            loan,
            history: Vec::new(),
            journal,
            today: START,
            payments: 0,
        }
    }

    pub fn live(life: &Life) -> Self {
        let mut book = Self::open(life);
        for step in &life.steps {
            book.step(step);
        }
        book
    }

    pub fn advance(&mut self, today: Date) {
        self.today = today;
        self.journal.extend(self.loan.advance(today).entries);
    }

    /// Does one step as of today; what is not possible now is left out.
    pub fn step(&mut self, step: &Step) {
        let today = self.today;
        let back = |days: i64| plus(today, -days).max(START);
        let owed = self.loan.owed(today).total();
        let command = match *step {
            Step::Wait { days } => {
                self.today = plus(today, days);
                return;
            }
            Step::Pay { permille: size, lag_days, invoice } => {
                self.payments += 1;
                Command::Pay {
                    payment: payment_id(self.payments),
                    amount: permille(owed, size),
                    on: back(lag_days),
                    invoice: invoice
                        .filter(|number| self.loan.invoice(*number).is_some_and(Invoice::is_open)),
                    payoff: false,
                }
            }
            Step::PayOff { lag_days } => {
                let on = back(lag_days);
                let Ok(quote) = self.loan.payoff_quote(on) else { return };
                self.payments += 1;
                Command::Pay {
                    payment: payment_id(self.payments),
                    amount: quote.payable,
                    on,
                    invoice: None,
                    payoff: true,
                }
            }
            Step::Reverse { which } => {
                let payments: Vec<_> = Command::in_effect(&self.history)
                    .into_iter()
                    .filter_map(|command| match command {
                        Command::Pay { payment, .. } => Some(*payment),
                        _ => None,
                    })
                    .collect();
                let Some(payment) = payments.get(which % payments.len().max(1)) else { return };
                Command::Reverse { payment: *payment, on: today }
            }
            Step::Waive { which, charge, permille: size } => {
                let on = self.loan.accrual_date(today);
                let owing: Vec<_> = self
                    .loan
                    .open_invoices()
                    .map(|open| (open.number, open.owed(on, &self.loan.terms).get(charge.part())))
                    .filter(|(_, owed)| owed.is_positive())
                    .collect();
                let Some((invoice, owed)) = owing.get(which % owing.len().max(1)) else { return };
                let amount = permille(*owed, size).max(cents(1));
                Command::Waive { invoice: *invoice, charge, amount, on: today }
            }
            Step::WaivePenalties { late_fee, mora } => Command::WaivePenalties {
                late_fee: Percent::new(late_fee.into()),
                mora: Percent::new(mora.into()),
                on: today,
            },
            Step::Refund => Command::RefundCredit { amount: self.loan.credit, on: today },
            Step::Settle { permille: size, days } => Command::OfferSettlement {
                amount: permille(owed, size),
                on: today,
                until: plus(today, days),
            },
            Step::WriteOff => Command::WriteOff { on: today },
        };
        self.execute(&command);
    }

    /// As a caller does it: on the present state, or else on the whole history.
    pub fn execute(&mut self, command: &Command) {
        let before = self.loan.clone();
        let changed = match command {
            Command::Reverse { .. } => {
                self.loan.restate(&self.opening, &self.history, command, self.today)
            }
            _ => self.loan.execute(command, self.today).or_else(|error| match error {
                CommandError::NeedsHistory { .. } => {
                    self.loan.restate(&self.opening, &self.history, command, self.today)
                }
                error => Err(error),
            }),
        };
        match changed {
            Ok(changed) => {
                self.history.push(command.clone());
                self.journal.extend(changed.entries);
            }
            Err(_) => assert_eq!(self.loan, before, "a refused command changed the loan"),
        }
    }

    /// The journal, and every invoice's own sums.
    pub fn check(&self) {
        let loan = &self.loan;
        assert_books(loan, &self.journal);
        assert!(loan.balances().is_balanced());
        let on = loan.accrual_date(self.today);
        let zero = Amount::ZERO;
        for invoice in &loan.invoices {
            let owed = invoice.owed(on, &loan.terms);
            let charged = invoice.charged(on, &loan.terms);
            assert_eq!(invoice.paid + owed + invoice.waived + invoice.carried(), charged);
            for split in [owed, invoice.paid, invoice.waived, invoice.carried()] {
                assert!(
                    [split.late_fee, split.mora, split.interest, split.principal]
                        .iter()
                        .all(|part| *part >= zero)
                );
            }
            let fee = loan.terms.late_fee_on(invoice.base);
            assert!(invoice.late_fee == zero || invoice.late_fee == fee);
            assert!(invoice.remaining_base() <= invoice.base);
        }
        let balances = loan.balances();
        for account in [Account::Waivers, Account::SettlementLoss, Account::WriteOff] {
            assert!(balances.get(account) >= zero, "{account:?}");
        }
        for account in [Account::UnearnedInterest, Account::InterestIncome, Account::Recovery] {
            assert!(balances.get(account) <= zero, "{account:?}");
        }
        let principal: Amount = loan.invoices.iter().map(|invoice| invoice.principal).sum();
        assert_eq!(principal, loan.principal);
        let paid: Split = loan.invoices.iter().map(|invoice| invoice.paid).sum();
        assert_eq!(paid.total() + loan.credit, loan.received);
    }
}

/// The loan without its count of entries, which a restated life has more of.
pub fn unnumbered(loan: &Loan, today: Date) -> Loan {
    let mut loan = Loan { seq: 0, ..loan.clone() };
    loan.advance(today);
    loan.drop_lapsed_settlement(today);
    Loan { seq: 0, ..loan }
}
