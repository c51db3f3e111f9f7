use jiff::ToSpan;
use jiff::civil::Date;
use rust_decimal::Decimal;

use super::{Line, Statement, TemplateKind};
use crate::invoices::ServicingTerms;
use crate::money::Amount;

const SAMPLE_VALUE: Decimal = Decimal::from_parts(500, 0, 0, false, 0);
const SAMPLE_NUMBER: u16 = 3;
const AHEAD_DAYS: i64 = 3;

/// Invented figures to show a template with: an installment of 500 that falls due in three days,
/// today, or fell due `days_overdue` days ago, with the charges of the terms.
pub fn sample(
    kind: TemplateKind,
    days_overdue: u16,
    terms: &ServicingTerms,
    on: Date,
) -> Statement {
    let value = Amount::new(SAMPLE_VALUE);
    let days = i64::from(days_overdue.max(1));
    let (due, overdue, days_overdue) = match kind {
        TemplateKind::BeforeDue => (on.saturating_add(AHEAD_DAYS.days()), Amount::ZERO, 0),
        TemplateKind::DueToday => (on, Amount::ZERO, 0),
        TemplateKind::Overdue | TemplateKind::Manual => {
            let charges = terms.late_fee_on(value) + terms.mora_on(value, days);
            (on.saturating_sub(days.days()), value + charges, days)
        }
    };
    let is_overdue = overdue.is_positive();
    Statement {
        on,
        due: if is_overdue { Amount::ZERO } else { value },
        overdue,
        due_date: Some(due),
        days_overdue,
        lines: vec![Line {
            number: SAMPLE_NUMBER,
            due,
            owed: if is_overdue { overdue } else { value },
        }],
    }
}
