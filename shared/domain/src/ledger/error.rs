use jiff::civil::Date;

use crate::ids::{LoanId, PaymentId};
use crate::loans::status::{IllegalTransition, Status};
use crate::money::{Amount, Currency};

/// Why a money command was refused. Nothing has changed then.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CommandError {
    #[error(transparent)]
    IllegalTransition(#[from] IllegalTransition),
    #[error("amount must be more than zero")]
    NotPositive,
    #[error("amount must be in whole minor units of {currency} and at most 10^12")]
    NotAnAmount { currency: Currency },
    #[error("the date must not be later than the business date {today}")]
    InTheFuture { today: Date },
    #[error("the date must not be earlier than the loan's start on {start}")]
    BeforeStart { start: Date },
    /// A later event is posted already: load the journal and restate the loan.
    #[error("the date must not be earlier than {through}, when the last change was made")]
    NeedsHistory { through: Date },
    #[error("the loan is {status}; this needs a loan that has been disbursed")]
    NotPayable { status: Status },
    /// The debt moved to another loan; so does the command.
    #[error("the loan was renegotiated; it continues as {by}")]
    Replaced { by: LoanId },
    #[error("invoice {number} is not open")]
    InvoiceNotOpen { number: u16 },
    #[error("only {owed} is owed on that date")]
    ExceedsOwed { owed: Amount },
    #[error("the credit is only {credit}")]
    ExceedsCredit { credit: Amount },
    #[error("an early payoff on that date takes {payable}")]
    BelowPayoff { payable: Amount },
    #[error("the agreed sum must be less than the {owed} owed")]
    NotASettlement { owed: Amount },
    #[error("the last date must not be earlier than {on}")]
    UntilTooEarly { on: Date },
    #[error("{payment} is not a payment of this loan, or was reversed before")]
    UnknownPayment { payment: PaymentId },
    #[error("a contract has from 1 to 1000 installments")]
    InstallmentCount,
    #[error("installments must be in the order of their due dates, from the start; see {due}")]
    InstallmentOrder { due: Date },
    #[error("installments must be whole minor units from 0 to 10^12, not all zero; see {amount}")]
    InstallmentAmount { amount: Amount },
    #[error("the installments' principal is {principal}; the loan's is {expected}")]
    PrincipalMismatch { expected: Amount, principal: Amount },
    #[error("fees must be whole minor units from 0 to the principal")]
    Fees,
    #[error("the currency must stay {expected}")]
    Currency { expected: Currency },
}

impl CommandError {
    /// The field of a request that is wrong, where it is one.
    pub const fn field(&self) -> Option<&'static str> {
        Some(match self {
            Self::NotPositive
            | Self::NotAnAmount { .. }
            | Self::ExceedsOwed { .. }
            | Self::ExceedsCredit { .. }
            | Self::BelowPayoff { .. }
            | Self::NotASettlement { .. } => "amount",
            Self::InTheFuture { .. } | Self::BeforeStart { .. } | Self::NeedsHistory { .. } => {
                "valueDate"
            }
            Self::InvoiceNotOpen { .. } => "invoice",
            Self::UntilTooEarly { .. } => "until",
            Self::UnknownPayment { .. } => "payment",
            Self::InstallmentCount
            | Self::InstallmentOrder { .. }
            | Self::InstallmentAmount { .. }
            | Self::PrincipalMismatch { .. } => "installments",
            Self::Fees => "fees",
            Self::Currency { .. } => "currency",
            Self::IllegalTransition(_) | Self::NotPayable { .. } | Self::Replaced { .. } => {
                return None;
            }
        })
    }
}
