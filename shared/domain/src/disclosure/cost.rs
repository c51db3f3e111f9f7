//! The cost of a loan as rates: monthly IRR, nominal APR, effective cost a year.

use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Serialize, Serializer};

use super::irr::{Payment, daily_growth, over_days, twelfth_root};
use crate::calendar::{DayCount, Unit, days_between};
use crate::loans::schedule::{Installment, Schedule};
use crate::loans::terms::{Fee, Method, ScheduleTerms, TermsInput};
use crate::money::{Amount, Percent};

const DISCLOSED_DECIMALS: u32 = 2;
const SHOWN_DECIMALS: u32 = 10;
const DAYS_PER_COUNTED_MONTH: u32 = 30;
/// The share of the simple daily rate that the cost is looked for from.
const GUESSED_SHARE: Decimal = Decimal::from_parts(95, 0, 0, false, 2);
const MONTHS_PER_YEAR: Decimal = Decimal::from_parts(12, 0, 0, false, 0);

/// How the time from the disbursement to a payment is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TimeBasis {
    /// Months of 30 days, years of 360, between nominal due dates: a monthly schedule has equal
    /// periods.
    EqualMonths,
    /// Real days of a year of 365, to the due dates: (dⱼ−d₀)/365.
    ActualDays,
}

impl TimeBasis {
    const fn year_days(self) -> u32 {
        match self {
            Self::EqualMonths => 360,
            Self::ActualDays => 365,
        }
    }
}

/// The cost of a loan, all charges included, on what reaches the borrower. Rates are rounded
/// half-up to two decimals; they are null where no rate from 0 to 10⁹ % a year exists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Disclosure {
    pub net_disbursed: Amount,
    /// The rate a month at which the installments are worth the net disbursement.
    #[serde(serialize_with = "two_decimals")]
    pub monthly_irr: Option<Percent>,
    /// Twelve times it: the APR of the Reserve Bank of India's Key Facts Statement.
    #[serde(serialize_with = "two_decimals")]
    pub apr_nominal: Option<Percent>,
    /// Compounded over a year: Σ FCⱼ / (1+CET)^t = FC₀, the CET of Brazil's CMN resolution 4,881.
    #[serde(serialize_with = "two_decimals")]
    pub effective_annual_cost: Option<Percent>,
}

/// How the cost came about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DisclosureExplanation {
    /// The principal asked for; less the charges that are not financed it is what is disbursed.
    pub principal: Amount,
    pub charges: Vec<Fee>,
    pub monthly_irr_time: TimeBasis,
    pub effective_annual_cost_time: TimeBasis,
    /// Before rounding.
    pub exact_monthly_irr: Option<Percent>,
    pub exact_effective_annual_cost: Option<Percent>,
}

impl Disclosure {
    /// The cost of `schedule`, with its explanation.
    ///
    /// The IRR a month counts equal months where installments are monthly, real days otherwise. The
    /// effective cost counts as the loan's own day count does: equal months under 30/360, real days
    /// under every other; [`Self::with_time`] chooses.
    pub fn of(terms: &ScheduleTerms, schedule: &Schedule) -> (Self, DisclosureExplanation) {
        let input = terms.input();
        let time = match (input.day_count, input.frequency.unit()) {
            (DayCount::Thirty360, Unit::Month) => TimeBasis::EqualMonths,
            _ => TimeBasis::ActualDays,
        };
        Self::with_time(terms, schedule, time)
    }

    /// The cost of `schedule`, the effective cost with this count of time.
    pub fn with_time(
        terms: &ScheduleTerms,
        schedule: &Schedule,
        annual_time: TimeBasis,
    ) -> (Self, DisclosureExplanation) {
        let input = terms.input();
        let net_disbursed = terms.net_disbursed();
        let monthly_time = match input.frequency.unit() {
            Unit::Month => TimeBasis::EqualMonths,
            Unit::Day | Unit::BusinessDay | Unit::Week => TimeBasis::ActualDays,
        };
        let nominal = schedule.explanation.rate.annual.fraction();
        let growth = |time: TimeBasis| {
            let payments = payments(input, &schedule.installments, time);
            // Compounding and charges make a loan cost more than its simple daily rate; a little
            // less still holds where the rounding of installments favours the borrower.
            let guess = Decimal::ONE + nominal * GUESSED_SHARE / Decimal::from(time.year_days());
            daily_growth(net_disbursed.value(), &payments, guess)
        };
        let monthly_growth = growth(monthly_time);
        let annual_growth =
            if annual_time == monthly_time { monthly_growth } else { growth(annual_time) };
        let monthly = monthly_growth.and_then(|growth| match monthly_time {
            TimeBasis::EqualMonths => over_days(growth, DAYS_PER_COUNTED_MONTH),
            TimeBasis::ActualDays => {
                over_days(growth, monthly_time.year_days()).and_then(twelfth_root)
            }
        });
        let annual = annual_growth.and_then(|growth| over_days(growth, annual_time.year_days()));
        let disclosure = Self {
            net_disbursed,
            monthly_irr: monthly.map(|growth| disclosed(rate(growth))),
            apr_nominal: monthly.map(|growth| disclosed(rate(growth) * MONTHS_PER_YEAR)),
            effective_annual_cost: annual.map(|growth| disclosed(rate(growth))),
        };
        let explanation = DisclosureExplanation {
            principal: input.principal,
            charges: input.fees.clone(),
            monthly_irr_time: monthly_time,
            effective_annual_cost_time: annual_time,
            exact_monthly_irr: monthly.map(shown),
            exact_effective_annual_cost: annual.map(shown),
        };
        (disclosure, explanation)
    }
}

fn payments(input: &TermsInput, installments: &[Installment], time: TimeBasis) -> Vec<Payment> {
    let days = |row: &Installment| match time {
        TimeBasis::ActualDays => {
            u32::try_from(days_between(input.disbursement_date, row.due_date)).unwrap_or(0)
        }
        TimeBasis::EqualMonths => counted_days(input, row),
    };
    let payment = |row| Payment { days: days(row), amount: row.total.value() };
    installments.iter().map(payment).collect()
}

/// Days of a 30/360 year to an installment: whole months for each regular period; a first period of
/// another length adds its own months and days.
fn counted_days(input: &TermsInput, row: &Installment) -> u32 {
    let period = u32::from(input.frequency.every()) * DAYS_PER_COUNTED_MONTH;
    let first = input.first_due_date.map_or(period, |first_due| {
        let count = DayCount::Thirty360;
        let years = count.year_fraction(input.disbursement_date, first_due, input.frequency);
        let days = years * Decimal::from(TimeBasis::EqualMonths.year_days());
        u32::try_from(days.round()).unwrap_or(0)
    });
    let number = match input.method {
        Method::Bullet => input.installments.unwrap_or(row.number),
        _ => row.number,
    };
    first + u32::from(number.saturating_sub(1)) * period
}

fn rate(growth: Decimal) -> Decimal {
    (growth - Decimal::ONE) * Decimal::ONE_HUNDRED
}

fn shown(growth: Decimal) -> Percent {
    Percent::new(rate(growth).round_dp(SHOWN_DECIMALS).normalize())
}

fn disclosed(rate: Decimal) -> Percent {
    let strategy = RoundingStrategy::MidpointAwayFromZero;
    Percent::new(rate.round_dp_with_strategy(DISCLOSED_DECIMALS, strategy))
}

fn two_decimals<S: Serializer>(rate: &Option<Percent>, serializer: S) -> Result<S::Ok, S::Error> {
    match rate {
        Some(rate) => serializer.serialize_some(&format!("{:.2}", rate.value())),
        None => serializer.serialize_none(),
    }
}
