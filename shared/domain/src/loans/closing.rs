//! How a contract came to owe nothing: what a no-objection certificate rests on.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::loan::Loan;
use super::status::{Stage, Status};
use crate::ids::LoanId;
use crate::money::Amount;

/// How everything that was owed came to an end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Closing {
    /// Paid in full.
    Paid,
    /// An agreed sum was paid, and the rest waived.
    Settled,
    /// Written off, and paid in full since.
    Recovered,
}

/// Why nobody may say yet that nothing is owed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotClear {
    #[error("the loan was never disbursed")]
    NotDisbursed,
    #[error("{0} is owed on the loan")]
    Owes(Amount),
    /// The payment behind credit that was paid back was reversed.
    #[error("{0} that was paid back to the customer is owed")]
    CreditOwed(Amount),
    #[error("what was owed on the loan is owed on {0} now")]
    Renegotiated(LoanId),
}

impl Closing {
    /// As it stands in JSON.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Paid => "PAID",
            Self::Settled => "SETTLED",
            Self::Recovered => "RECOVERED",
        }
    }
}

impl Loan {
    /// How the contract came to owe nothing.
    ///
    /// # Errors
    /// Why something is owed on a business date, on it or on the loan that replaced it.
    pub fn closing(&self, on: Date) -> Result<Closing, NotClear> {
        match (self.status(), self.stage) {
            (Status::Paid, _) if self.credit.is_negative() => {
                Err(NotClear::CreditOwed(Amount::ZERO - self.credit))
            }
            (Status::Paid, Stage::Settled) => Ok(Closing::Settled),
            (Status::Paid, _) if self.written_off.is_some() => Ok(Closing::Recovered),
            (Status::Paid, _) => Ok(Closing::Paid),
            (Status::Active | Status::Lost, _) => Err(NotClear::Owes(self.owed(on).total())),
            (Status::Renegotiated, _) => {
                Err(self.renegotiated_to.map_or(NotClear::NotDisbursed, NotClear::Renegotiated))
            }
            (Status::Open | Status::Approved | Status::Unapproved, _) => {
                Err(NotClear::NotDisbursed)
            }
        }
    }
}
