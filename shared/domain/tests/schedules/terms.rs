//! Terms that cannot be lent on name every field that is wrong.

use domain::calendar::{BusinessCalendar, Frequency, Unit, Weekend};
use domain::loans::schedule::Schedule;
use domain::loans::terms::{Fee, Grace, InvalidTerms, Method, PaidTo, ScheduleTerms, TermsInput};
use domain::money::{Currency, RoundingMode};
use jiff::civil::date;

use super::{DISBURSED, amount, input, percent};

fn wrong_fields(input: TermsInput) -> Vec<String> {
    let built = ScheduleTerms::parse(input).and_then(|terms| Schedule::build(&terms));
    match built {
        Ok(_) => Vec::new(),
        Err(InvalidTerms(errors)) => errors.into_iter().map(|error| error.field).collect(),
    }
}

fn fee(text: &str) -> Fee {
    Fee { name: "fee".into(), amount: amount(text), paid_to: PaidTo::Lender, financed: false }
}

#[test]
fn every_wrong_field_is_named_at_once() {
    let mut input = input();
    input.principal = amount("0");
    input.annual_rate = None;
    input.installments = Some(481);
    input.installment_amount = Some(amount("1.005"));
    input.first_due_date = Some(DISBURSED);
    input.grace = Grace { principal: 481, interest: 0 };
    input.fees = vec![Fee { name: " ".into(), ..fee("-1") }];
    input.rounding.installment_multiple = amount("0.005");
    input.rounding.interest_multiple = amount("0");
    assert_eq!(
        wrong_fields(input),
        [
            "principal",
            "installmentAmount",
            "annualRate",
            "installmentAmount",
            "installments",
            "firstDueDate",
            "graceInstallments.principal",
            "fees[0].name",
            "fees[0].amount",
            "rounding.installmentMultiple",
            "rounding.interestMultiple",
        ]
    );
}

#[test]
fn the_summary_reads_as_a_sentence() {
    let mut input = input();
    input.principal = amount("-5");
    input.installments = None;
    let error = ScheduleTerms::parse(input).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the terms are not valid: principal must be positive; installments is required"
    );
}

#[test]
fn limits_are_inclusive() {
    for (principal, installments, is_valid) in [
        ("0.01", 1, true),
        ("1000000000000", 480, true),
        ("0.001", 1, false),
        ("1000", 0, false),
        ("1000", 481, false),
    ] {
        let mut input = input();
        input.principal = amount(principal);
        input.installments = Some(installments);
        assert_eq!(wrong_fields(input).is_empty(), is_valid, "{principal} in {installments}");
    }
}

#[test]
fn yen_have_no_decimals() {
    let mut input = input();
    input.currency = Currency::JPY;
    input.principal = amount("1000.50");
    assert_eq!(
        wrong_fields(input),
        ["principal", "rounding.installmentMultiple", "rounding.interestMultiple"]
    );
}

#[test]
fn fields_of_other_methods_are_refused() {
    let mut fixed = input();
    fixed.method = Method::FixedInstallment;
    fixed.monthly_rate = Some(percent("1"));
    fixed.grace = Grace { principal: 1, interest: 1 };
    assert_eq!(
        wrong_fields(fixed),
        [
            "monthlyRate",
            "installmentAmount",
            "installments",
            "graceInstallments.principal",
            "graceInstallments.interest"
        ]
    );
}

#[test]
fn agreed_installments_must_repay_the_loan() {
    let mut short = input();
    short.method = Method::FixedInstallment;
    short.annual_rate = None;
    short.installment_amount = Some(amount("99.99"));
    assert_eq!(wrong_fields(short), ["installmentAmount"]);

    let mut below_interest = input();
    below_interest.method = Method::FixedInstallment;
    below_interest.installments = None;
    below_interest.installment_amount = Some(amount("10.00"));
    assert_eq!(wrong_fields(below_interest), ["installmentAmount"]);
}

#[test]
fn fees_must_leave_something_to_disburse() {
    let mut input = input();
    input.fees = vec![fee("600.00"), fee("400.00")];
    assert_eq!(wrong_fields(input), ["fees"]);
}

#[test]
fn a_term_ends_within_a_century() {
    let mut long = input();
    long.frequency = Frequency::new(3, Unit::Month).unwrap();
    long.installments = Some(480);
    assert_eq!(wrong_fields(long), ["installments"]);

    let mut late = input();
    late.disbursement_date = date(2201, 1, 1);
    assert_eq!(wrong_fields(late), ["disbursementDate"]);
}

#[test]
fn a_calendar_without_repayment_dates_is_named() {
    let mut input = input();
    let year = (0..200).map(|day| DISBURSED.checked_add(jiff::Span::new().days(day)).unwrap());
    input.calendar = BusinessCalendar::new(Weekend::SaturdaySunday).closed_on(year);
    assert_eq!(wrong_fields(input), ["frequency"]);
}

#[test]
fn a_mode_that_does_not_round_ignores_the_multiple() {
    let mut input = input();
    input.rounding.installment_mode = RoundingMode::None;
    input.rounding.installment_multiple = amount("0");
    assert_eq!(wrong_fields(input), Vec::<String>::new());
}
