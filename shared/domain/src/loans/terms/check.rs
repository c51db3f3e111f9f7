//! Limits of the terms.

use jiff::civil::{Date, date};
use rust_decimal::Decimal;

use super::{FieldError, Grace, InvalidTerms, MONTHS_PER_YEAR, Method, TermsInput};
use crate::money::{Amount, Rounding, RoundingMode};

const MAX_PRINCIPAL_MAJOR_UNITS: i64 = 1_000_000_000_000;
pub(crate) const MAX_INSTALLMENTS: u16 = 480;
const MAX_ANNUAL_RATE_PERCENT: i64 = 10_000;
const MAX_ROUNDING_MULTIPLE_MAJOR_UNITS: i64 = 1_000_000;
const MAX_FEES: usize = 20;
const MAX_FEE_NAME_CHARS: usize = 80;
const MAX_FIRST_PERIOD_YEARS: i16 = 10;
const FIRST_DATE: Date = date(1900, 1, 1);
const LAST_DATE: Date = date(2200, 12, 31);

/// Collects what is wrong with an input.
pub(super) struct Check<'a> {
    input: &'a TermsInput,
    errors: Vec<FieldError>,
}

impl<'a> Check<'a> {
    pub fn new(input: &'a TermsInput) -> Self {
        Self { input, errors: Vec::new() }
    }

    /// Checks every field but the rounding.
    pub fn fields(&mut self) {
        self.amounts();
        self.rate_and_count();
        self.dates();
        self.grace();
        self.fees();
    }

    pub fn errors(&self) -> &[FieldError] {
        &self.errors
    }

    pub fn into_invalid(self) -> InvalidTerms {
        InvalidTerms(self.errors)
    }

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

    /// The rounding of one kind of figure, where its multiple is possible.
    pub fn rounding(
        &mut self,
        field: &str,
        mode: RoundingMode,
        multiple: Amount,
    ) -> Option<Rounding> {
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
