//! Due dates: nominal ones, and where they move.

use domain::calendar::{BusinessCalendar, Convention, DayCount, Frequency, Unit, Weekend};
use domain::loans::schedule::Schedule;
use jiff::civil::{Date, date};

use super::{amount, input, schedule};

fn due_dates(schedule: &Schedule) -> Vec<(Date, Date)> {
    schedule.installments.iter().map(|row| (row.nominal_due_date, row.due_date)).collect()
}

/// 7 March 2026 is a Saturday, 7 June 2026 a Sunday; 7 April is closed by the brand.
#[test]
fn a_due_date_moves_and_the_next_is_counted_from_the_nominal_one() {
    let mut input = input();
    input.disbursement_date = date(2026, 2, 7);
    input.installments = Some(4);
    input.calendar = BusinessCalendar::new(Weekend::SaturdaySunday).closed_on([date(2026, 4, 7)]);
    let following = schedule(input.clone());
    assert_eq!(
        due_dates(&following),
        [
            (date(2026, 3, 7), date(2026, 3, 9)),
            (date(2026, 4, 7), date(2026, 4, 8)),
            (date(2026, 5, 7), date(2026, 5, 7)),
            (date(2026, 6, 7), date(2026, 6, 8)),
        ]
    );

    input.convention = Convention::Preceding;
    let preceding = schedule(input.clone());
    assert_eq!(preceding.installments[0].due_date, date(2026, 3, 6));
    assert_eq!(preceding.installments[1].due_date, date(2026, 4, 6));

    // a moved date costs nothing: interest is counted between the nominal dates
    input.convention = Convention::Unadjusted;
    let unadjusted = schedule(input);
    assert_eq!(following.totals, unadjusted.totals);
    assert_eq!(preceding.totals, unadjusted.totals);
}

/// 15 January 2026 is a Thursday.
#[test]
fn business_days_skip_the_weekend() {
    let mut input = input();
    input.frequency = Frequency::EVERY_BUSINESS_DAY;
    input.installments = Some(3);
    input.calendar = BusinessCalendar::new(Weekend::SaturdaySunday);
    let days: Vec<i8> = schedule(input).installments.iter().map(|row| row.due_date.day()).collect();
    assert_eq!(days, [16, 19, 20]);
}

#[test]
fn a_payment_is_never_due_before_the_disbursement() {
    let mut input = input();
    input.disbursement_date = date(2026, 3, 6);
    input.frequency = Frequency::DAILY;
    input.installments = Some(2);
    input.convention = Convention::Preceding;
    input.calendar = BusinessCalendar::new(Weekend::SaturdaySunday).closed_on([date(2026, 3, 6)]);
    let due: Vec<Date> = schedule(input).installments.iter().map(|row| row.due_date).collect();
    assert_eq!(due, [date(2026, 3, 6), date(2026, 3, 6)]);
}

#[test]
fn a_chosen_first_due_date_is_the_anchor() {
    let mut input = input();
    input.first_due_date = Some(date(2026, 3, 31));
    input.installments = Some(3);
    let nominal: Vec<Date> =
        schedule(input).installments.iter().map(|row| row.nominal_due_date).collect();
    assert_eq!(nominal, [date(2026, 3, 31), date(2026, 4, 30), date(2026, 5, 31)]);
}

/// 1,000.00 at 12 % a year by real days of 365, due 73 days after disbursement (a fifth of the
/// year): 24.00 of interest.
#[test]
fn a_long_first_period_bears_its_own_interest() {
    let mut input = input();
    input.disbursement_date = date(2026, 1, 1);
    input.first_due_date = Some(date(2026, 3, 15));
    input.day_count = DayCount::Act365;
    assert_eq!(schedule(input).installments[0].interest, amount("24.00"));
}

/// The first period is ten years, so that its interest (1,200.00) exceeds any level installment: it
/// repays no principal, and no interest is added to the principal.
#[test]
fn interest_beyond_an_installment_is_paid_when_due() {
    let mut input = input();
    input.first_due_date = Some(date(2036, 1, 15));
    let schedule = schedule(input);
    let first = &schedule.installments[0];
    assert_eq!((first.principal, first.interest), (amount("0"), amount("1200.00")));
    assert_eq!(first.balance, amount("1000.00"));
    // the rest is 1,000.00 in 9 at 1 %: 1000 × 0.01 / (1 − 1.01⁻⁹) = 116.7404
    assert_eq!(schedule.installment_amount, amount("116.74"));
    assert_eq!(schedule.installments[1].total, amount("116.74"));
}

#[test]
fn weeks_are_counted_from_the_disbursement() {
    let mut input = input();
    input.frequency = Frequency::new(2, Unit::Week).unwrap();
    input.installments = Some(2);
    assert_eq!(
        due_dates(&schedule(input)),
        [(date(2026, 1, 29), date(2026, 1, 29)), (date(2026, 2, 12), date(2026, 2, 12))]
    );
}
