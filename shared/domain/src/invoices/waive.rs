use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::Part;
use crate::ledger::{Applied, Changed, Command, CommandError};
use crate::loans::loan::Loan;
use crate::money::{Amount, Percent};

/// What may be waived on an invoice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Charge {
    LateFee,
    Mora,
}

impl Charge {
    pub const fn part(self) -> Part {
        match self {
            Self::LateFee => Part::LateFee,
            Self::Mora => Part::Mora,
        }
    }
}

/// Gives up a charge, or part of it, on one invoice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WaiveCommand {
    pub invoice: u16,
    pub charge: Charge,
    pub amount: Amount,
    pub on: Date,
}

impl WaiveCommand {
    /// As the journal keeps it.
    pub const fn command(&self) -> Command {
        let Self { invoice, charge, amount, on } = *self;
        Command::Waive { invoice, charge, amount, on }
    }
}

/// Gives up a share of the late fees and of the mora of every open invoice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WaivePenaltiesCommand {
    /// Percent of what is owed of each late fee; more than 100 is 100.
    pub late_fee: Percent,
    /// Percent of the mora owed on each invoice; more than 100 is 100.
    pub mora: Percent,
    pub on: Date,
}

impl WaivePenaltiesCommand {
    /// As the journal keeps it.
    pub const fn command(&self) -> Command {
        let Self { late_fee, mora, on } = *self;
        Command::WaivePenalties { late_fee, mora, on }
    }

    pub fn is_nothing(&self) -> bool {
        self.late_fee == Percent::ZERO && self.mora == Percent::ZERO
    }
}

impl Loan {
    /// Waives a share of all late fees and mora at once, however many invoices there are; the mora
    /// so far is closed where mora is waived.
    pub fn waive_penalties(
        &mut self,
        waiver: &WaivePenaltiesCommand,
        today: Date,
    ) -> Result<Changed<Applied>, CommandError> {
        self.execute(&waiver.command(), today)
    }

    /// Waives a charge; the mora so far is closed when mora is waived.
    ///
    /// # Errors
    /// [`CommandError::ExceedsOwed`] where less is owed on that date.
    pub fn waive(
        &mut self,
        waiver: &WaiveCommand,
        today: Date,
    ) -> Result<Changed<Applied>, CommandError> {
        self.execute(&waiver.command(), today)
    }
}
