//! From a payment or a waiver to the loan's money: what staff, gateways and imports share.

use domain::ids::{JournalEntryId, PaymentId};
use domain::invoices::{PaymentCommand, Split, WaiveCommand};
use domain::ledger::{Applied, Changed, Command, CommandError};
use domain::loans::loan::Loan;
use domain::money::Amount;
use domain::settlements::SettlementCommand;
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
    note(change, &command, &changed, entered)
}

/// Takes a payment back, as if it had never been made: the charges arise that it kept from arising.
pub async fn post_reversal(
    loans: &Loans<'_>,
    change: &mut LoanChange,
    payment: PaymentId,
    today: Date,
    entered: Entered,
) -> Result<(), MoneyError> {
    let command = Command::Reverse { payment, on: today };
    let (brand, loan) = (change.record.brand, &mut change.record.loan);
    let before = loan.stage;
    let (opening, history) = loans.history(brand, loan.id).await?;
    let changed = loan.restate(&opening, &history, &command, today)?;
    let effect = entered.effect.before("stage", before).after("stage", loan.stage);
    note(change, &command, &changed, Entered { effect, ..entered })
}

/// Pays credit back to the customer, or hands it on to another of their loans.
pub async fn post_credit_refund(
    loans: &Loans<'_>,
    change: &mut LoanChange,
    amount: Amount,
    today: Date,
    entered: Entered,
) -> Result<(), MoneyError> {
    let command = Command::RefundCredit { amount, on: today };
    let refund = |loan: &mut Loan| loan.refund_credit(amount, today, today);
    let changed = execute(loans, change, &command, today, refund).await?;
    note(change, &command, &changed, entered)
}

/// Offers a settlement, in place of an earlier one.
pub async fn post_settlement_offer(
    loans: &Loans<'_>,
    change: &mut LoanChange,
    offer: &SettlementCommand,
    today: Date,
    entered: Entered,
) -> Result<(), MoneyError> {
    let command = offer.command();
    let attempt = |loan: &mut Loan| loan.offer_settlement(offer, today);
    let changed = execute(loans, change, &command, today, attempt).await?;
    note(change, &command, &changed, entered)
}

/// Gives a loan up as lost.
pub async fn post_write_off(
    loans: &Loans<'_>,
    change: &mut LoanChange,
    today: Date,
    entered: Entered,
) -> Result<(), MoneyError> {
    let command = Command::WriteOff { on: today };
    let attempt = |loan: &mut Loan| loan.write_off(today, today);
    let changed = execute(loans, change, &command, today, attempt).await?;
    note(change, &command, &changed, entered)
}

/// Adds the journal item of a command to the change.
fn note(
    change: &mut LoanChange,
    command: &Command,
    changed: &Changed<Applied>,
    entered: Entered,
) -> Result<(), MoneyError> {
    let Entered { id, at, effect } = entered;
    let item = JournalItem::new(&change.record, id, at, effect, &changed.entries, Some(command))?;
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
