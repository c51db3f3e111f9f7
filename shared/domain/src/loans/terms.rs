//! What borrower and lender agree on, checked: the input of every schedule.

mod check;

pub(crate) use check::MAX_INSTALLMENTS;

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::calendar::{BusinessCalendar, Convention, DayCount, Frequency, MonthEnd};
use crate::money::{Amount, Currency, Percent, Rounding, RoundingMode};

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
        let mut check = check::Check::new(&input);
        check.fields();
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
            (Some(installment_rounding), Some(interest_rounding)) if check.errors().is_empty() => {
                Ok(Self { input, installment_rounding, interest_rounding })
            }
            _ => Err(check.into_invalid()),
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
