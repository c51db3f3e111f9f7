//! What holds for every schedule that is accepted.

use domain::calendar::{
    BusinessCalendar, Convention, DayCount, Frequency, MonthEnd, Unit, Weekend,
};
use domain::loans::quote::Quote;
use domain::loans::terms::{Fee, Grace, Method, PaidTo, RoundingRules, ScheduleTerms, TermsInput};
use domain::money::{Amount, Currency, Percent, RoundingMode};
use jiff::civil::{Date, date};
use proptest::option;
use proptest::prelude::{
    Just, ProptestConfig, Strategy, any, prop_assert, prop_assert_eq, prop_oneof, proptest,
};
use proptest::sample::select;
use rust_decimal::Decimal;

use super::{amount, input, percent};

fn any_method() -> impl Strategy<Value = Method> {
    select(vec![
        Method::Price,
        Method::Sac,
        Method::Flat,
        Method::Bullet,
        Method::InterestOnly,
        Method::FixedInstallment,
    ])
}

fn any_mode() -> impl Strategy<Value = RoundingMode> {
    select(vec![
        RoundingMode::HalfUp,
        RoundingMode::HalfEven,
        RoundingMode::Up,
        RoundingMode::Down,
        RoundingMode::None,
    ])
}

fn any_day_count() -> impl Strategy<Value = DayCount> {
    select(vec![
        DayCount::Thirty360,
        DayCount::Act360,
        DayCount::Act364,
        DayCount::Act365,
        DayCount::ActAct,
        DayCount::Weeks52,
    ])
}

/// Cents from 0.01 to 10¹² major units, small and large ones alike.
fn any_money() -> impl Strategy<Value = Amount> {
    let minor = prop_oneof![
        1_i64..1_000,
        1_i64..10_000_000,
        1_i64..=100_000_000_000_000,
        Just(100_000_000_000_000)
    ];
    minor.prop_map(|minor| Amount::from_minor(minor, Currency::BRL))
}

fn any_rate() -> impl Strategy<Value = Percent> {
    let hundredths = prop_oneof![Just(0_i64), 0_i64..6_000, 0_i64..=1_000_000, Just(1_000_000)];
    hundredths.prop_map(|hundredths| Percent::new(Decimal::new(hundredths, 2)))
}

fn any_frequency() -> impl Strategy<Value = Frequency> {
    let unit = select(vec![Unit::Day, Unit::BusinessDay, Unit::Week, Unit::Month]);
    (prop_oneof![4 => 1_u16..=2, 1 => 1_u16..=366], unit)
        .prop_map(|(every, unit)| Frequency::new(every, unit).unwrap())
}

fn any_rounding() -> impl Strategy<Value = RoundingRules> {
    let multiple = || select(vec!["0.01", "0.05", "1", "100", "1000000"]).prop_map(amount);
    (multiple(), any_mode(), multiple(), any_mode()).prop_map(
        |(installment_multiple, installment_mode, interest_multiple, interest_mode)| {
            RoundingRules {
                installment_multiple,
                installment_mode,
                interest_multiple,
                interest_mode,
            }
        },
    )
}

fn any_date(first: Date) -> impl Strategy<Value = Date> {
    (0_i32..20_000).prop_map(move |days| first.checked_add(jiff::Span::new().days(days)).unwrap())
}

/// Often small, so that something is left to disburse.
fn any_fee() -> impl Strategy<Value = Fee> {
    let cents = (1_i64..100).prop_map(|minor| Amount::from_minor(minor, Currency::BRL));
    (prop_oneof![cents, any_money()], any::<bool>()).prop_map(|(amount, financed)| Fee {
        name: "fee".into(),
        amount,
        paid_to: PaidTo::ThirdParty,
        financed,
    })
}

fn any_input() -> impl Strategy<Value = TermsInput> {
    let fees = proptest::collection::vec(any_fee(), 0..3);
    let money = (any_money(), option::of(any_money()), fees);
    let rates = (any_method(), option::of(any_rate()), any_day_count(), any_rounding());
    let count = prop_oneof![1_u16..=12, 1_u16..=480, Just(480)];
    let times = (count, any_frequency(), any_date(date(1990, 1, 1)), option::of(1_i32..1_000));
    let grace = (0_u16..5, 0_u16..5);
    let conventions = (
        select(vec![Convention::Following, Convention::Preceding, Convention::Unadjusted]),
        select(vec![MonthEnd::Clamp, MonthEnd::Roll]),
        select(vec![Weekend::None, Weekend::SaturdaySunday]),
    );
    (money, rates, times, grace, conventions).prop_map(
        |(
            (principal, agreed, fees),
            (method, rate, day_count, rounding),
            (count, frequency, disbursed, first),
            (grace_principal, grace_interest),
            (convention, month_end, weekend),
        )| {
            let is_fixed = method == Method::FixedInstallment;
            let annual_rate = if is_fixed { rate } else { rate.or(Some(Percent::ZERO)) };
            TermsInput {
                principal,
                method,
                annual_rate,
                installments: (!is_fixed || rate.is_none()).then_some(count),
                installment_amount: if is_fixed { agreed.or(Some(principal)) } else { None },
                frequency,
                disbursement_date: disbursed,
                first_due_date: first
                    .map(|days| disbursed.checked_add(jiff::Span::new().days(days)).unwrap()),
                day_count,
                month_end,
                rounding,
                grace: match method {
                    Method::Price | Method::Sac | Method::Flat => {
                        Grace { principal: grace_principal, interest: grace_interest }
                    }
                    Method::InterestOnly => Grace { principal: 0, interest: grace_interest },
                    Method::Bullet | Method::FixedInstallment => Grace::default(),
                },
                fees,
                convention,
                calendar: BusinessCalendar::new(weekend),
                ..input()
            }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    /// Nothing panics, whatever comes in; what is accepted adds up.
    #[test]
    fn schedules_add_up(input in any_input()) {
        let Ok(terms) = ScheduleTerms::parse(input) else { return Ok(()) };
        let Ok(quote) = Quote::new(&terms) else { return Ok(()) };
        let rows = &quote.installments;
        let lent = terms.amount_lent();

        let sum = |part: fn(&domain::loans::schedule::Installment) -> Amount| -> Amount {
            rows.iter().map(part).sum()
        };
        prop_assert_eq!(sum(|row| row.principal), lent);
        prop_assert_eq!(sum(|row| row.principal), quote.totals.principal);
        prop_assert_eq!(sum(|row| row.interest), quote.totals.interest);
        prop_assert_eq!(sum(|row| row.fees), quote.totals.fees);
        prop_assert_eq!(sum(|row| row.total), quote.totals.total);

        let mut balance = lent;
        let mut due = terms.input().disbursement_date;
        let mut nominal = due;
        for (number, row) in (1_u16..).zip(rows) {
            prop_assert_eq!(row.number, number);
            prop_assert!(!row.principal.is_negative() && !row.interest.is_negative());
            prop_assert_eq!(row.total, row.principal + row.interest + row.fees);
            prop_assert_eq!(row.balance, balance - row.principal);
            prop_assert!(!row.balance.is_negative());
            prop_assert!(row.due_date >= due);
            prop_assert!(row.nominal_due_date > nominal);
            (balance, due, nominal) = (row.balance, row.due_date, row.nominal_due_date);
        }
        prop_assert!(balance.is_zero());
        let expected = match terms.input().method {
            Method::Bullet => Some(1),
            _ => terms.input().installments.map(usize::from),
        };
        prop_assert!(expected.is_none_or(|expected| expected == rows.len()));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    /// Agreed installments are kept to the cent, the last one too.
    #[test]
    fn agreed_installments_are_kept(
        minor in 1_i64..100_000, count in 1_u16..=480, share in 1_u32..=1_000,
    ) {
        let agreed = Amount::from_minor(minor, Currency::BRL);
        let total = agreed.value() * Decimal::from(count);
        let principal = (total * Decimal::from(share) / Decimal::from(1_000)).round_dp(2);
        let loan = TermsInput {
            method: Method::FixedInstallment,
            principal: Amount::new(principal),
            annual_rate: None,
            installments: Some(count),
            installment_amount: Some(agreed),
            ..input()
        };
        let Ok(terms) = ScheduleTerms::parse(loan) else { return Ok(()) };
        let Ok(quote) = Quote::new(&terms) else { return Ok(()) };
        prop_assert!(quote.installments.iter().all(|row| row.total == agreed));
    }

    /// Without fees and rounding, what a loan costs is its rate.
    #[test]
    fn the_irr_is_the_rate(
        hundredths in 0_i64..=60_000, count in 1_u16..=480,
        method in select(vec![Method::Price, Method::Sac, Method::InterestOnly]),
    ) {
        let rate = Percent::new(Decimal::new(hundredths, 2));
        let mut loan = TermsInput {
            method,
            principal: amount("1000000"),
            annual_rate: Some(rate),
            installments: Some(count),
            ..input()
        };
        loan.rounding.installment_mode = RoundingMode::None;
        loan.rounding.interest_mode = RoundingMode::None;
        let quote = Quote::new(&ScheduleTerms::parse(loan).unwrap()).unwrap();
        let monthly = quote.explanation.disclosure.exact_monthly_irr.unwrap();
        let difference = monthly.value() - rate.value() / Decimal::from(12);
        prop_assert!(difference.abs() < Decimal::new(1, 8), "{monthly} for {rate} a year");
    }

    /// An installment that a rate gives implies that rate.
    #[test]
    fn the_implied_rate_is_the_rate(hundredths in 1_i64..=24_000, count in 1_u16..=480) {
        let rate = Percent::new(Decimal::new(hundredths, 2));
        let principal = amount("1000000000");
        let loan = TermsInput {
            principal, annual_rate: Some(rate), installments: Some(count), ..input()
        };
        let level = Quote::new(&ScheduleTerms::parse(loan).unwrap()).unwrap().installment_amount;
        let agreed = TermsInput {
            principal,
            method: Method::FixedInstallment,
            annual_rate: None,
            installments: Some(count),
            installment_amount: Some(level),
            ..input()
        };
        let quote = Quote::new(&ScheduleTerms::parse(agreed).unwrap()).unwrap();
        let difference = quote.explanation.schedule.rate.annual.value() - rate.value();
        prop_assert!(difference.abs() < Decimal::new(1, 4), "{difference}");
    }
}

#[test]
fn the_largest_loan_over_480_months() {
    for method in [Method::Price, Method::Sac, Method::Flat, Method::InterestOnly] {
        let loan = TermsInput {
            method,
            principal: amount("1000000000000"),
            annual_rate: Some(percent("10000")),
            installments: Some(480),
            ..input()
        };
        let quote = Quote::new(&ScheduleTerms::parse(loan).unwrap()).unwrap();
        assert_eq!(quote.totals.principal, amount("1000000000000"));
        assert!(quote.installments[479].balance.is_zero());
    }
}

#[test]
fn the_smallest_loan_over_480_months() {
    let loan = TermsInput { principal: amount("0.01"), installments: Some(480), ..input() };
    let quote = Quote::new(&ScheduleTerms::parse(loan).unwrap()).unwrap();
    assert_eq!(quote.totals.principal, amount("0.01"));
    assert_eq!(quote.installments.len(), 480);
}
