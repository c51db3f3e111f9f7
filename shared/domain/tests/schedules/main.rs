//! Schedules and what they cost, by the domain's public functions.
#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

mod cost;
mod dates;
mod explanation;
mod invariants;
mod reference;
mod terms;

use domain::calendar::{BusinessCalendar, Convention, DayCount, Frequency, MonthEnd};
use domain::loans::schedule::Schedule;
use domain::loans::terms::{Grace, Method, RoundingRules, ScheduleTerms, TermsInput};
use domain::money::{Amount, Currency, Percent, RoundingMode};
use jiff::civil::{Date, date};

const DISBURSED: Date = date(2026, 1, 15);

fn amount(text: &str) -> Amount {
    text.parse().unwrap()
}

fn percent(text: &str) -> Percent {
    text.parse().unwrap()
}

/// 1,000.00 at 12 % a year in 10 months, 30/360, half-up.
fn input() -> TermsInput {
    TermsInput {
        currency: Currency::BRL,
        principal: amount("1000"),
        method: Method::Price,
        annual_rate: Some(percent("12")),
        monthly_rate: None,
        installments: Some(10),
        installment_amount: None,
        frequency: Frequency::MONTHLY,
        disbursement_date: DISBURSED,
        first_due_date: None,
        day_count: DayCount::Thirty360,
        month_end: MonthEnd::Clamp,
        rounding: RoundingRules::to_minor_unit(RoundingMode::HalfUp, Currency::BRL),
        grace: Grace::default(),
        fees: Vec::new(),
        convention: Convention::Following,
        calendar: BusinessCalendar::every_day(),
    }
}

fn schedule(input: TermsInput) -> Schedule {
    Schedule::build(&ScheduleTerms::parse(input).unwrap()).unwrap()
}
