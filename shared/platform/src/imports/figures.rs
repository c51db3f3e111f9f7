use std::ops::AddAssign;

use domain::calendar::{Frequency, Unit};
use domain::invoices::Invoice;
use domain::loans::loan::Loan;
use domain::money::Amount;
use jiff::Span;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::row::Row;
use crate::origination::repayment_calendar;
use crate::store::Brand;

/// What many contracts add up to; in a reconciliation, once by the file and once by the system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Figures {
    pub contracts: u64,
    pub invoices: u64,
    #[schema(value_type = String)]
    pub principal: Amount,
    /// Unpaid installments, due or not.
    #[schema(value_type = String)]
    pub open_value: Amount,
    /// Unpaid installments that were due before the date of the import.
    #[schema(value_type = String)]
    pub overdue_value: Amount,
}

impl AddAssign for Figures {
    fn add_assign(&mut self, other: Self) {
        self.contracts += other.contracts;
        self.invoices += other.invoices;
        self.principal += other.principal;
        self.open_value += other.open_value;
        self.overdue_value += other.overdue_value;
    }
}

impl Figures {
    /// What a row of the file says, by plain arithmetic: no schedule is made, so that a wrong one
    /// shows as a difference.
    pub(super) fn of_row(row: &Row, frequency: Frequency, brand: &Brand, as_of: Date) -> Self {
        let open = row.paid..row.installments;
        let (calendar, convention) = repayment_calendar(brand);
        let is_overdue = |index: &u16| {
            due_date(row, frequency, *index)
                .and_then(|date| calendar.adjust(date, convention).ok())
                .is_some_and(|due| due < as_of)
        };
        let times =
            |count: usize| Amount::new(row.installment_amount.value() * Decimal::from(count));
        Self {
            contracts: 1,
            invoices: u64::from(row.installments),
            principal: row.principal,
            open_value: times(open.len()),
            overdue_value: times(open.filter(is_overdue).count()),
        }
    }

    /// What a loan holds.
    pub(super) fn of_loan(loan: &Loan, as_of: Date) -> Self {
        let unpaid =
            |invoice: &Invoice| invoice.value() - invoice.paid.value() - invoice.waived.value();
        let overdue = loan.open_invoices().filter(|invoice| invoice.due < as_of);
        Self {
            contracts: 1,
            invoices: u64::try_from(loan.invoice_count()).unwrap_or(u64::MAX),
            principal: loan.principal,
            open_value: loan.open_invoices().map(unpaid).sum(),
            overdue_value: overdue.map(unpaid).sum(),
        }
    }
}

/// The nominal due date of an installment, from 0. Months end on their last day where the first
/// due date's day is past it.
fn due_date(row: &Row, frequency: Frequency, index: u16) -> Option<Date> {
    let (from, periods) = match row.first_due {
        Some(first) => (first, i64::from(index)),
        None => (row.granted_on, i64::from(index) + 1),
    };
    let count = periods * i64::from(frequency.every());
    let span = match frequency.unit() {
        Unit::Month => Span::new().try_months(count),
        Unit::Week => Span::new().try_weeks(count),
        Unit::Day | Unit::BusinessDay => Span::new().try_days(count),
    };
    from.checked_add(span.ok()?).ok()
}
