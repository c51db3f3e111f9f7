//! What borrower and lender agree on, checked: the input of every schedule.

use jiff::civil::{Date, date};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::calendar::{BusinessCalendar, Convention, DayCount, Frequency, MonthEnd};
use crate::money::{Amount, Currency, Percent, Rounding, RoundingMode};

const MAX_PRINCIPAL_MAJOR_UNITS: i64 = 1_000_000_000_000;
pub(crate) const MAX_INSTALLMENTS: u16 = 480;
const MAX_ANNUAL_RATE_PERCENT: i64 = 10_000;
const MAX_ROUNDING_MULTIPLE_MAJOR_UNITS: i64 = 1_000_000;
const MAX_FEES: usize = 20;
const MAX_FEE_NAME_CHARS: usize = 80;
const MAX_FIRST_PERIOD_YEARS: i16 = 10;
const FIRST_DATE: Date = date(1900, 1, 1);
const LAST_DATE: Date = date(2200, 12, 31);
const MONTHS_PER_YEAR: Decimal = Decimal::from_parts(12, 0, 0, false, 0);

/// How a loan is repaid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Method {
    /// Interest on the reducing balance, equal installments (Tabela Price, EMI).
    Price,
    /// Interest on the reducing balance, equal principal in each installment.
    Sac,
    /// Interest on the whole principal for the whole time, spread evenly.
    Flat,
    /// Principal and interest in one repayment, when the last period ends.
    Bullet,
    /// Interest in every installment, the principal in the last.
    InterestOnly,
    /// Installments of an agreed amount: without a rate, the rate is implied by their number; with
    /// a rate, their number follows.
    FixedInstallment,
}

/// Who a fee is paid to. Both kinds are part of the cost that is disclosed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PaidTo {
    Lender,
    ThirdParty,
}

/// A one-off charge at disbursement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Fee {
    pub name: String,
    pub amount: Amount,
    pub paid_to: PaidTo,
    /// Added to the amount lent and repaid with it; otherwise kept back from the disbursement.
    pub financed: bool,
}

/// Leading installments without one of their parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grace {
    /// This many installments repay no principal.
    pub principal: u16,
    /// This many installments pay no interest: it falls due, bearing none itself, with the
    /// installment after them.
    pub interest: u16,
}

/// The multiples and modes that installments and each row's interest are rounded to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RoundingRules {
    pub installment_multiple: Amount,
    pub installment_mode: RoundingMode,
    pub interest_multiple: Amount,
    pub interest_mode: RoundingMode,
}

impl RoundingRules {
    /// Both to the minor unit of `currency`.
    pub fn to_minor_unit(mode: RoundingMode, currency: Currency) -> Self {
        let multiple = Amount::from_minor(1, currency);
        Self {
            installment_multiple: multiple,
            installment_mode: mode,
            interest_multiple: multiple,
            interest_mode: mode,
        }
    }
}

/// The terms as they arrive: every field may still be wrong.
#[derive(Debug, Clone)]
pub struct TermsInput {
    pub currency: Currency,
    /// The sum the borrower asks for; financed fees come on top.
    pub principal: Amount,
    pub method: Method,
    /// Percent per year; at most one of the two rates is given.
    pub annual_rate: Option<Percent>,
    /// Percent per month, a twelfth of the annual rate.
    pub monthly_rate: Option<Percent>,
    pub installments: Option<u16>,
    /// [`Method::FixedInstallment`] only.
    pub installment_amount: Option<Amount>,
    pub frequency: Frequency,
    pub disbursement_date: Date,
    /// One period after the disbursement where it is left out.
    pub first_due_date: Option<Date>,
    pub day_count: DayCount,
    pub month_end: MonthEnd,
    pub rounding: RoundingRules,
    pub grace: Grace,
    pub fees: Vec<Fee>,
    /// Where a due date goes that falls on a non-repayment date.
    pub convention: Convention,
    pub calendar: BusinessCalendar,
}

/// One field of the input and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldError {
    /// Its path in JSON: `principal`, `fees[0].amount`.
    pub field: String,
    pub message: String,
}

impl FieldError {
    pub(crate) fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self { field: field.into(), message: message.into() }
    }
}

/// Terms that no schedule can be made of: every wrong field.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the terms are not valid: {}", summary(.0))]
pub struct InvalidTerms(pub Vec<FieldError>);

impl InvalidTerms {
    pub(crate) fn field(field: &str, message: impl Into<String>) -> Self {
        Self(vec![FieldError::new(field, message)])
    }
}

fn summary(errors: &[FieldError]) -> String {
    let parts: Vec<String> =
        errors.iter().map(|error| format!("{} {}", error.field, error.message)).collect();
    parts.join("; ")
}

/// Checked terms. Whatever is in here can be computed with.
#[derive(Debug, Clone)]
pub struct ScheduleTerms {
    input: TermsInput,
    installment_rounding: Rounding,
    interest_rounding: Rounding,
}

impl ScheduleTerms {
    /// Checks every field and names each one that is wrong.
    pub fn parse(input: TermsInput) -> Result<Self, InvalidTerms> {
        let mut check = Check { input: &input, errors: Vec::new() };
        check.amounts();
        check.rate_and_count();
        check.dates();
        check.grace();
        check.fees();
        let rules = input.rounding;
        let installment_rounding = check.rounding(
            "rounding.installmentMultiple",
            rules.installment_mode,
            rules.installment_multiple,
        );
        let interest_rounding = check.rounding(
            "rounding.interestMultiple",
            rules.interest_mode,
            rules.interest_multiple,
        );
        match (installment_rounding, interest_rounding) {
            (Some(installment_rounding), Some(interest_rounding)) if check.errors.is_empty() => {
                Ok(Self { input, installment_rounding, interest_rounding })
            }
            _ => Err(InvalidTerms(check.errors)),
        }
    }

    /// The terms as they were given.
    pub fn input(&self) -> &TermsInput {
        &self.input
    }

    /// The same terms with one more charge, such as a tax.
    pub(crate) fn with_fee(&self, fee: Fee) -> Result<Self, InvalidTerms> {
        let mut terms = self.clone();
        terms.input.fees.push(fee);
        let fees: Amount = terms.input.fees.iter().map(|fee| fee.amount).sum();
        if fees < terms.input.principal {
            Ok(terms)
        } else {
            Err(InvalidTerms::field("fees", "must together with taxes be less than principal"))
        }
    }

    pub(crate) fn installment_rounding(&self) -> Rounding {
        self.installment_rounding
    }

    pub(crate) fn interest_rounding(&self) -> Rounding {
        self.interest_rounding
    }

    /// The amount lent: the principal asked for and the financed fees.
    pub fn amount_lent(&self) -> Amount {
        self.input.principal + self.fees(true)
    }

    /// What reaches the borrower: the principal asked for less the fees that are not financed.
    pub fn net_disbursed(&self) -> Amount {
        self.input.principal - self.fees(false)
    }

    fn fees(&self, financed: bool) -> Amount {
        self.input.fees.iter().filter(|fee| fee.financed == financed).map(|fee| fee.amount).sum()
    }

    /// The rate as a fraction per year (0.12 for 12 %), or `None` where the installment implies it.
    pub(crate) fn annual_rate(&self) -> Option<Decimal> {
        let monthly = self.input.monthly_rate.map(|rate| rate.fraction() * MONTHS_PER_YEAR);
        self.input.annual_rate.map(Percent::fraction).or(monthly)
    }
}

struct Check<'a> {
    input: &'a TermsInput,
    errors: Vec<FieldError>,
}

impl Check<'_> {
    fn refuse(&mut self, field: &str, message: impl Into<String>) {
        self.errors.push(FieldError::new(field, message));
    }

    fn money(&mut self, field: &str, amount: Amount) {
        if !amount.is_positive() {
            self.refuse(field, "must be positive");
        } else if amount.value() > Decimal::from(MAX_PRINCIPAL_MAJOR_UNITS) {
            self.refuse(field, format!("must not be larger than {MAX_PRINCIPAL_MAJOR_UNITS}"));
        } else if amount.to_minor(self.input.currency).is_none() {
            let currency = self.input.currency;
            let decimals = currency.exponent();
            self.refuse(field, format!("must have at most {decimals} decimals ({currency})"));
        }
    }

    fn amounts(&mut self) {
        self.money("principal", self.input.principal);
        if let Some(amount) = self.input.installment_amount {
            self.money("installmentAmount", amount);
        }
    }

    fn rate_and_count(&mut self) {
        let input = self.input;
        let is_fixed = input.method == Method::FixedInstallment;
        let has_rate = input.annual_rate.is_some() || input.monthly_rate.is_some();
        if input.annual_rate.is_some() && input.monthly_rate.is_some() {
            self.refuse("monthlyRate", "must be left out where annualRate is given");
        }
        if !has_rate && !is_fixed {
            self.refuse("annualRate", "is required (or monthlyRate)");
        }
        let max_annual = Decimal::from(MAX_ANNUAL_RATE_PERCENT);
        for (field, rate, max) in [
            ("annualRate", input.annual_rate, max_annual),
            ("monthlyRate", input.monthly_rate, (max_annual / MONTHS_PER_YEAR).floor()),
        ] {
            if rate.is_some_and(|rate| rate.value() < Decimal::ZERO || rate.value() > max) {
                self.refuse(field, format!("must be from 0 to {max}"));
            }
        }
        match (is_fixed, input.installment_amount) {
            (true, None) => {
                self.refuse("installmentAmount", "is required with FIXED_INSTALLMENT");
            }
            (false, Some(_)) => {
                self.refuse("installmentAmount", "belongs to FIXED_INSTALLMENT only");
            }
            _ => {}
        }
        match input.installments {
            Some(_) if is_fixed && has_rate => self.refuse(
                "installments",
                "must be left out with FIXED_INSTALLMENT and a rate: their number is computed",
            ),
            Some(1..=MAX_INSTALLMENTS) => {}
            Some(_) => {
                self.refuse("installments", format!("must be from 1 to {MAX_INSTALLMENTS}"));
            }
            None if is_fixed && has_rate => {}
            None => self.refuse("installments", "is required"),
        }
    }

    fn dates(&mut self) {
        let disbursed = self.input.disbursement_date;
        if !(FIRST_DATE..=LAST_DATE).contains(&disbursed) {
            let message = format!("must be from {FIRST_DATE} to {LAST_DATE}");
            self.refuse("disbursementDate", message);
        }
        if let Some(first) = self.input.first_due_date {
            if first <= disbursed {
                self.refuse("firstDueDate", "must be after disbursementDate");
            } else if first.year() > disbursed.year().saturating_add(MAX_FIRST_PERIOD_YEARS) {
                let message =
                    format!("must be within {MAX_FIRST_PERIOD_YEARS} years of disbursementDate");
                self.refuse("firstDueDate", message);
            }
        }
    }

    fn grace(&mut self) {
        let Grace { principal, interest } = self.input.grace;
        let (may_principal, may_interest) = match self.input.method {
            Method::Price | Method::Sac | Method::Flat => (true, true),
            Method::InterestOnly => (false, true),
            Method::Bullet | Method::FixedInstallment => (false, false),
        };
        for (field, grace, is_possible) in [
            ("graceInstallments.principal", principal, may_principal),
            ("graceInstallments.interest", interest, may_interest),
        ] {
            if grace > 0 && !is_possible {
                self.refuse(field, "must be 0 with this method");
            } else if grace > 0 && self.input.installments.is_some_and(|count| grace >= count) {
                self.refuse(field, "must be less than installments");
            }
        }
    }

    fn fees(&mut self) {
        let fees = &self.input.fees;
        if fees.len() > MAX_FEES {
            self.refuse("fees", format!("must be at most {MAX_FEES}"));
            return;
        }
        for (index, fee) in fees.iter().enumerate() {
            let name_chars = fee.name.trim().chars().count();
            if name_chars == 0 || name_chars > MAX_FEE_NAME_CHARS {
                let message = format!("must have 1 to {MAX_FEE_NAME_CHARS} characters");
                self.refuse(&format!("fees[{index}].name"), message);
            }
            self.money(&format!("fees[{index}].amount"), fee.amount);
        }
        if !self.errors.is_empty() {
            return;
        }
        let total: Amount = fees.iter().map(|fee| fee.amount).sum();
        if total >= self.input.principal {
            self.refuse("fees", "must together be less than principal");
        }
    }

    fn rounding(&mut self, field: &str, mode: RoundingMode, multiple: Amount) -> Option<Rounding> {
        if mode == RoundingMode::None {
            return Rounding::to_multiple(mode, Decimal::ONE);
        }
        let max = Decimal::from(MAX_ROUNDING_MULTIPLE_MAJOR_UNITS);
        let is_whole = multiple.to_minor(self.input.currency).is_some();
        if !multiple.is_positive() || multiple.value() > max || !is_whole {
            let unit = Amount::from_minor(1, self.input.currency);
            self.refuse(field, format!("must be a multiple of {unit}, from {unit} to {max}"));
            return None;
        }
        Rounding::to_multiple(mode, multiple.value())
    }
}
