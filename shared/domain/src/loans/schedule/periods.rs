//! The periods of a schedule: their dates and what part of the year they are.

use jiff::civil::Date;
use rust_decimal::Decimal;

use crate::calendar::{CalendarError, Unit, days_between, nominal_due_date};
use crate::loans::terms::{InvalidTerms, TermsInput};

/// The longest loan, from its disbursement to its last nominal due date.
const MAX_TERM_YEARS: i16 = 100;

/// The time between two nominal due dates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Period {
    /// The nominal due date before, or the disbursement.
    pub from: Date,
    /// The nominal due date.
    pub to: Date,
    /// The nominal due date, moved where it is a non-repayment date.
    pub due: Date,
    pub year_fraction: Decimal,
}

impl Period {
    pub fn days(&self) -> i32 {
        days_between(self.from, self.to)
    }
}

/// Walks the periods of a loan one by one, each counted from the nominal dates.
pub(super) struct Periods<'a> {
    terms: &'a TermsInput,
    anchor: Date,
    /// How many periods the first nominal due date is after the anchor.
    first: u16,
    previous: Date,
}

impl<'a> Periods<'a> {
    pub fn new(terms: &'a TermsInput) -> Self {
        let (anchor, first) = match terms.first_due_date {
            Some(first_due) => (first_due, 0),
            None => (terms.disbursement_date, 1),
        };
        Self { terms, anchor, first, previous: terms.disbursement_date }
    }

    /// The period of installment `index`, counted from 0; to be asked for in order.
    pub fn at(&mut self, index: u16) -> Result<Period, InvalidTerms> {
        let terms = self.terms;
        let from = self.previous;
        let to = self.nominal(index).map_err(refused)?;
        if to.year() > terms.disbursement_date.year().saturating_add(MAX_TERM_YEARS) {
            let message =
                format!("the last due date must be within {MAX_TERM_YEARS} years of disbursement");
            return Err(InvalidTerms::field("installments", message));
        }
        let moved = terms.calendar.adjust(to, terms.convention).map_err(refused)?;
        let is_regular = index > 0 || terms.first_due_date.is_none();
        let year_fraction = if is_regular {
            terms.day_count.period_fraction(from, to, terms.frequency)
        } else {
            terms.day_count.year_fraction(from, to, terms.frequency)
        };
        self.previous = to;
        Ok(Period { from, to, due: moved.max(terms.disbursement_date), year_fraction })
    }

    /// The first `count` periods.
    pub fn take(mut self, count: u16) -> Result<Vec<Period>, InvalidTerms> {
        (0..count).map(|index| self.at(index)).collect()
    }

    fn nominal(&self, index: u16) -> Result<Date, CalendarError> {
        let TermsInput { frequency, month_end, calendar, .. } = self.terms;
        // Business days are counted on from the date before, which is one of them: counting all of
        // them from the anchor for each installment would be quadratic.
        if frequency.unit() == Unit::BusinessDay && index > 0 {
            return nominal_due_date(self.previous, *frequency, *month_end, 1, calendar);
        }
        nominal_due_date(self.anchor, *frequency, *month_end, self.first + index, calendar)
    }
}

fn refused(error: CalendarError) -> InvalidTerms {
    let field = match error {
        CalendarError::OutOfRange => "installments",
        CalendarError::NoRepaymentDate { .. } => "frequency",
    };
    InvalidTerms::field(field, error.to_string())
}
