use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::Part;
use crate::ledger::{Applied, Changed, Command, CommandError};
use crate::loans::loan::Loan;
use crate::money::Amount;

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

impl Loan {
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
