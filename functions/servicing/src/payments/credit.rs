//! A customer's credit on one loan, used on another, in one transaction.

use domain::ids::LoanId;
use domain::ledger::CommandError;
use domain::money::Amount;
use platform::Deps;
use platform::http::ApiError;
use platform::servicing::{Entered, MoneyError, post_credit_refund};
use platform::store::{Brand, LoanChange, Loans};

use super::failure::Failure;

/// Takes credit from a loan for a payment on the one that changes; both may be the same.
pub(super) async fn take_credit(
    deps: &Deps,
    brand: &Brand,
    change: &mut LoanChange,
    (source, amount): (LoanId, Amount),
    entered: Entered,
) -> Result<(), Failure> {
    let (loans, today) = (Loans::new(&deps.table), deps.today(brand));
    let effect = entered.effect.clone().after("credit", amount).after("creditFrom", source);
    let entered = Entered { effect, ..entered };
    if source == change.record.loan.id {
        return post_credit_refund(&loans, change, amount, today, entered)
            .await
            .map_err(not_enough);
    }
    let other = loans.load(brand, source, today).await?;
    let mut other = other
        .filter(|other| other.record.loan.customer == change.record.loan.customer)
        .ok_or_else(|| ApiError::invalid_field("creditFrom", "is no loan of the customer"))?;
    post_credit_refund(&loans, &mut other, amount, today, entered).await.map_err(not_enough)?;
    change.also(other);
    Ok(())
}

/// The amount is the payment's: what is wrong with it is that the credit is smaller.
fn not_enough(error: MoneyError) -> Failure {
    match error {
        MoneyError::Refused(refused @ CommandError::ExceedsCredit { .. }) => {
            Failure::Api(ApiError::invalid_field("amount", refused.to_string()))
        }
        other => other.into(),
    }
}
