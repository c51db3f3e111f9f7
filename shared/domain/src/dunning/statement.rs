use jiff::civil::Date;

use crate::loans::loan::Loan;
use crate::loans::status::Status;
use crate::money::Amount;

/// What of a loan is due on a business date or overdue: all that a message may say of it.
///
/// A function of the loan's events and the date alone, whether or not the night's run is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    pub on: Date,
    /// Owed on invoices that fall due on the date.
    pub due: Amount,
    /// Owed, with charges, on invoices whose due date has passed.
    pub overdue: Amount,
    /// The oldest due date of an open invoice, also one to come; `None` where none is open.
    pub due_date: Option<Date>,
    /// Of the oldest overdue invoice; 0 where none is.
    pub days_overdue: i64,
    /// The invoices due or overdue, oldest first.
    pub lines: Vec<Line>,
}

/// One invoice of a [`Statement`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line {
    pub number: u16,
    pub due: Date,
    /// With late fee and mora as of the statement's date.
    pub owed: Amount,
}

impl Statement {
    /// Only an active loan has anything due: dunning stops when a loan is written off,
    /// renegotiated or paid.
    pub fn of(loan: &Loan, on: Date) -> Self {
        let mut statement = Self {
            on,
            due: Amount::ZERO,
            overdue: Amount::ZERO,
            due_date: loan.oldest_open_due(),
            days_overdue: loan.days_past_due(on),
            lines: Vec::new(),
        };
        if loan.status() != Status::Active {
            return statement;
        }
        for invoice in loan.open_invoices().filter(|invoice| invoice.due <= on) {
            let owed = invoice.owed(on, &loan.terms).total();
            if !owed.is_positive() {
                continue;
            }
            if invoice.due < on {
                statement.overdue += owed;
            } else {
                statement.due += owed;
            }
            statement.lines.push(Line { number: invoice.number, due: invoice.due, owed });
        }
        statement.lines.sort_by_key(|line| (line.due, line.number));
        statement
    }

    /// What is owed on one open invoice that has not fallen due yet; `None` for any other, and for
    /// a loan that is not active.
    pub fn before(loan: &Loan, number: u16, on: Date) -> Option<Self> {
        if loan.status() != Status::Active {
            return None;
        }
        let invoice =
            loan.open_invoices().find(|invoice| invoice.number == number && invoice.due > on)?;
        let owed = invoice.owed(on, &loan.terms).total();
        owed.is_positive().then(|| Self {
            on,
            due: owed,
            overdue: Amount::ZERO,
            due_date: Some(invoice.due),
            days_overdue: 0,
            lines: vec![Line { number, due: invoice.due, owed }],
        })
    }

    /// Whether it speaks of what is still to fall due.
    pub fn is_ahead(&self) -> bool {
        self.lines.first().is_some_and(|line| line.due > self.on)
    }

    /// Whether there is nothing to remind anybody of.
    pub const fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// What is due and overdue together.
    pub fn total(&self) -> Amount {
        self.due + self.overdue
    }
}
