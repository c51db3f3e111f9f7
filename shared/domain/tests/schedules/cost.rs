//! APR, CET and IOF.

use domain::calendar::{DayCount, Frequency, Unit};
use domain::disclosure::iof::{IofPayment, IofRates, iof, with_iof};
use domain::disclosure::{Disclosure, TimeBasis};
use domain::loans::quote::Quote;
use domain::loans::terms::{Fee, Method, PaidTo, ScheduleTerms, TermsInput};
use domain::money::{Amount, Currency, Rounding, RoundingMode};
use jiff::civil::date;

use super::{amount, input, percent, schedule};

/// Decree 6,306 of 2007 for a loan to a person.
fn rates() -> IofRates {
    IofRates { daily: percent("0.0082"), max_days: 365, additional: percent("0.38") }
}

fn cents() -> Rounding {
    Rounding::to_minor_unit(RoundingMode::HalfUp, Currency::BRL)
}

fn charge(name: &str, text: &str, financed: bool) -> Fee {
    Fee { name: name.into(), amount: amount(text), paid_to: PaidTo::Lender, financed }
}

/// Banco Central do Brasil's example: 1,000.00 in 5 × 205.73, 940.00 received.
fn bcb() -> TermsInput {
    TermsInput {
        method: Method::FixedInstallment,
        annual_rate: None,
        installments: Some(5),
        installment_amount: Some(amount("205.73")),
        fees: vec![charge("cadastro", "50.00", false), charge("IOF", "10.00", false)],
        ..input()
    }
}

#[test]
fn agreed_installments_imply_a_rate() {
    let schedule = schedule(bcb());
    // The source says 0.95 % a month (12 % a year, compounded).
    let rate = &schedule.explanation.rate;
    assert_eq!(rate.monthly.value().round_dp(2), percent("0.95").value());
    assert!(schedule.installments.iter().all(|row| row.total == amount("205.73")));
    assert_eq!(schedule.totals.principal, amount("1000"));
}

/// The published 43.93 % counts equal months; real days of the same payments depend on the months
/// they fall in. From 1 January 2025: Σ 205.73 / (1+CET)^(31/365, 59/365, 90/365, 120/365, 151/365)
/// = 940 at 44.545021 % (solved apart, by bisection in double precision).
#[test]
fn cet_by_real_days_depends_on_the_dates() {
    let mut input = bcb();
    input.disbursement_date = date(2025, 1, 1);
    let terms = ScheduleTerms::parse(input).unwrap();
    let schedule = domain::loans::schedule::Schedule::build(&terms).unwrap();
    let (by_months, _) = Disclosure::of(&terms, &schedule);
    assert_eq!(by_months.effective_annual_cost, Some(percent("43.93")));
    let (by_days, explained) = Disclosure::with_time(&terms, &schedule, TimeBasis::ActualDays);
    assert_eq!(by_days.effective_annual_cost, Some(percent("44.55")));
    let exact = explained.exact_effective_annual_cost.unwrap();
    assert_eq!(exact.value().round_dp(6), percent("44.545021").value());
    assert_eq!(by_days.monthly_irr, Some(percent("3.08")));
}

#[test]
fn a_real_day_count_costs_by_real_days() {
    let mut input = bcb();
    input.disbursement_date = date(2025, 1, 1);
    input.day_count = DayCount::Act365;
    let quote = Quote::new(&ScheduleTerms::parse(input).unwrap()).unwrap();
    assert_eq!(quote.disclosure.effective_annual_cost, Some(percent("44.55")));
}

/// One payment of 1,010.00 for 1,000.00 after a year: 1 %, of which the twelfth root is
/// 1.01^(1/12) − 1 = 0.0829538 % a month, × 12 = 0.9954457 %.
#[test]
fn a_loan_by_days_is_annualised_over_365() {
    let mut input = input();
    input.method = Method::Bullet;
    input.annual_rate = Some(percent("1"));
    input.frequency = Frequency::new(365, Unit::Day).unwrap();
    input.installments = Some(1);
    input.day_count = DayCount::Act365;
    let quote = Quote::new(&ScheduleTerms::parse(input).unwrap()).unwrap();
    assert_eq!(quote.totals.total, amount("1010.00"));
    assert_eq!(quote.disclosure.effective_annual_cost, Some(percent("1.00")));
    assert_eq!(quote.disclosure.monthly_irr, Some(percent("0.08")));
    assert_eq!(quote.disclosure.apr_nominal, Some(percent("1.00")));
    let exact = quote.explanation.disclosure.exact_monthly_irr.unwrap();
    assert_eq!(exact.value().round_dp(7), percent("0.0829538").value());
}

#[test]
fn rates_are_shown_with_two_decimals() {
    let quote = Quote::new(&ScheduleTerms::parse(input()).unwrap()).unwrap();
    let json = serde_json::to_value(&quote.disclosure).unwrap();
    assert_eq!(json["monthlyIrr"], "1.00");
    assert_eq!(json["aprNominal"], "12.00");
    // 1.01¹² − 1
    assert_eq!(json["effectiveAnnualCost"], "12.68");
}

/// A rate above 10⁹ % a year says nothing: 0.01 received, 1,000.00 owed the next day.
#[test]
fn a_cost_beyond_reporting_is_null() {
    let mut input = input();
    input.frequency = Frequency::DAILY;
    input.installments = Some(1);
    input.fees = vec![charge("fee", "999.99", false)];
    let quote = Quote::new(&ScheduleTerms::parse(input).unwrap()).unwrap();
    assert_eq!(quote.disclosure.effective_annual_cost, None);
    assert_eq!(
        serde_json::to_value(&quote.disclosure).unwrap()["monthlyIrr"],
        serde_json::Value::Null
    );
}

#[test]
fn financed_fees_are_lent_and_repaid() {
    let mut input = input();
    input.fees = vec![charge("registration", "100.00", true), charge("stamp", "30.00", false)];
    let quote = Quote::new(&ScheduleTerms::parse(input).unwrap()).unwrap();
    assert_eq!(quote.totals.principal, amount("1100.00"));
    assert_eq!(quote.disclosure.net_disbursed, amount("970.00"));
}

/// Departamento Financeiro (deptofinanceiro.blogspot.com, March 2011), "IOF financiado, IOF à vista":
/// 20,000.00 for 90 days at 0.0041 % a day: 73.80; financed, 74.07 on 20,074.07.
#[test]
fn iof_at_disbursement_and_financed() {
    let rates = IofRates { daily: percent("0.0041"), max_days: 365, additional: percent("0") };
    let loan = TermsInput {
        principal: amount("20000"),
        method: Method::Bullet,
        annual_rate: None,
        monthly_rate: Some(percent("3")),
        installments: Some(1),
        frequency: Frequency::new(90, Unit::Day).unwrap(),
        ..input()
    };
    let terms = ScheduleTerms::parse(loan).unwrap();
    let (kept, _, tax) = with_iof(&terms, &rates, IofPayment::AtDisbursement, cents()).unwrap();
    assert_eq!(
        (tax.daily, tax.additional, tax.total),
        (amount("73.80"), Amount::ZERO, amount("73.80"))
    );
    assert_eq!(kept.net_disbursed(), amount("19926.20"));

    let (financed, schedule, tax) =
        with_iof(&terms, &rates, IofPayment::Financed, cents()).unwrap();
    assert_eq!(tax.total, amount("74.07"));
    assert_eq!(financed.net_disbursed(), amount("20000.00"));
    assert_eq!(schedule.totals.principal, amount("20074.07"));
}

/// By hand: 1,200.00 as SAC in 3 from 15 January 2026, 400.00 due after 31, 59 and 90 days.
/// 400 × 180 days × 0.0082 % = 5.904; 1,200 × 0.38 % = 4.56.
#[test]
fn iof_counts_the_days_of_each_principal() {
    let mut input = input();
    input.principal = amount("1200");
    input.method = Method::Sac;
    input.installments = Some(3);
    let schedule = schedule(input.clone());
    let tax = iof(input.disbursement_date, &schedule.installments, &rates(), cents());
    assert_eq!(
        (tax.daily, tax.additional, tax.total),
        (amount("5.90"), amount("4.56"), amount("10.46"))
    );
}

/// By hand: 1,000.00 repaid after two years is charged for 365 days: 2.993 % = 29.93, and 3.80.
#[test]
fn iof_stops_after_a_year() {
    let mut input = input();
    input.method = Method::Bullet;
    input.installments = Some(24);
    let schedule = schedule(input.clone());
    let tax = iof(input.disbursement_date, &schedule.installments, &rates(), cents());
    assert_eq!((tax.daily, tax.additional), (amount("29.93"), amount("3.80")));
}

#[test]
fn a_quote_with_iof_discloses_it() {
    let terms = ScheduleTerms::parse(input()).unwrap();
    let plain = Quote::new(&terms).unwrap();
    let taxed = Quote::with_iof(&terms, &rates(), IofPayment::Financed).unwrap();
    let tax = taxed.explanation.iof.unwrap();
    assert_eq!(taxed.totals.principal, amount("1000") + tax.total);
    assert_eq!(taxed.disclosure.net_disbursed, amount("1000"));
    assert!(taxed.disclosure.effective_annual_cost > plain.disclosure.effective_annual_cost);
    assert_eq!(taxed.explanation.disclosure.charges[0].name, "IOF");
}
