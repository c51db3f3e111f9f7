//! From a payment or a waiver to the loan's money: what staff, gateways and imports share.

use domain::ids::JournalEntryId;
use domain::invoices::{PaymentCommand, Split, WaiveCommand};
use domain::ledger::{Applied, Changed, Command, CommandError};
use domain::loans::loan::Loan;
use jiff::Timestamp;
use jiff::civil::Date;

use crate::Deps;
use crate::http::ApiError;
use crate::store::{
    Effect, JournalItem, LoanChange, Loans, Payment, PaymentStatus, Posted, StoreError,
};

/// What a journal item says beside the money: its id, when it was posted, and who did what.
#[derive(Debug, Clone)]
pub struct Entered {
    pub id: JournalEntryId,
    pub at: Timestamp,
    pub effect: Effect,
}

impl Entered {
    /// A new journal item of this moment.
    pub fn now(deps: &Deps, effect: Effect) -> Self {
        Self { id: JournalEntryId::new(deps.ulid()), at: deps.now(), effect }
    }
}

/// Why the money of a loan was not changed.
#[derive(Debug, thiserror::Error)]
pub enum MoneyError {
    #[error(transparent)]
    Refused(#[from] CommandError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<MoneyError> for ApiError {
    fn from(error: MoneyError) -> Self {
        match error {
            MoneyError::Refused(error) => refused(&error),
            MoneyError::Store(error) => error.into(),
        }
    }
}

/// A refused command as the client sees it: 400 where one field is wrong, 409 where the loan's
/// state does not allow it.
pub fn refused(error: &CommandError) -> ApiError {
    let message = error.to_string();
    match error.field() {
        Some("invoice") => ApiError::invalid_field("invoiceId", message),
        Some(field) => ApiError::invalid_field(field, message),
        None => {
            let conflict = ApiError::conflict(message);
            match error {
                CommandError::IllegalTransition(illegal) => conflict.allowed(illegal.allowed),
                _ => conflict,
            }
        }
    }
}

/// The command that a payment is to its loan.
pub fn command_of(payment: &Payment) -> PaymentCommand {
    PaymentCommand {
        payment: payment.id,
        amount: payment.amount,
        value_date: payment.value_date,
        invoice: payment.invoice,
        payoff: payment.payoff,
    }
}

/// Whether a payment could be posted as things stand, tried on a copy of the loan.
pub async fn rehearse_payment(
    loans: &Loans<'_>,
    change: &LoanChange,
    payment: &Payment,
    today: Date,
) -> Result<(), MoneyError> {
    let record = &change.record;
    let command = command_of(payment);
    let mut loan = record.loan.clone();
    match loan.pay(&command, today) {
        Err(CommandError::NeedsHistory { .. }) => {
            let (opening, history) = loans.history(record.brand, loan.id).await?;
            loan.restate(&opening, &history, &command.command(), today)?;
        }
        tried => {
            tried?;
        }
    }
    Ok(())
}

/// Posts a payment: allocates it as of its own value date, marks it POSTED, and adds the journal
/// item to the change. The nights that the loan has missed are caught up before it.
pub async fn post_payment(
    loans: &Loans<'_>,
    change: &mut LoanChange,
    payment: &mut Payment,
    today: Date,
    entered: Entered,
) -> Result<(), MoneyError> {
    let command = command_of(payment);
    let before = change.record.loan.stage;
    let changed =
        execute(loans, change, &command.command(), today, |loan| loan.pay(&command, today)).await?;
    let applied = changed.outcome;
    let paid: Split = applied.allocations.iter().map(|allocation| allocation.paid).sum();
    let Entered { id, at, effect } = entered;
    let effect = effect
        .before("stage", before)
        .after("stage", applied.stage)
        .after("loan", payment.loan)
        .after("amount", payment.amount)
        .after("valueDate", payment.value_date)
        .after("lateFee", paid.late_fee)
        .after("mora", paid.mora)
        .after("interest", paid.interest)
        .after("principal", paid.principal)
        .after("credited", applied.credited);
    let command = command.command();
    let item = JournalItem::new(&change.record, id, at, effect, &changed.entries, Some(&command))?;
    change.journal(item);
    payment.status = PaymentStatus::Posted;
    payment.posted = Some(Posted::new(applied, at));
    Ok(())
}

/// Gives up a charge, and adds the journal item to the change.
pub async fn post_waiver(
    loans: &Loans<'_>,
    change: &mut LoanChange,
    waiver: &WaiveCommand,
    today: Date,
    entered: Entered,
) -> Result<(), MoneyError> {
    let command = waiver.command();
    let changed = execute(loans, change, &command, today, |loan| loan.waive(waiver, today)).await?;
    let Entered { id, at, effect } = entered;
    let item = JournalItem::new(&change.record, id, at, effect, &changed.entries, Some(&command))?;
    change.journal(item);
    Ok(())
}

/// Runs a command; where something with a later date is posted already, the loan is stated anew
/// from its journal with the command in its place.
async fn execute(
    loans: &Loans<'_>,
    change: &mut LoanChange,
    command: &Command,
    today: Date,
    attempt: impl FnOnce(&mut Loan) -> Result<Changed<Applied>, CommandError>,
) -> Result<Changed<Applied>, MoneyError> {
    let brand = change.record.brand;
    let loan = &mut change.record.loan;
    match attempt(loan) {
        Err(CommandError::NeedsHistory { .. }) => {
            let (opening, history) = loans.history(brand, loan.id).await?;
            Ok(loan.restate(&opening, &history, command, today)?)
        }
        tried => Ok(tried?),
    }
}
