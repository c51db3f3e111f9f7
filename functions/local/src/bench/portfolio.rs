//! Invented contracts.

use domain::ids::{CustomerId, JournalEntryId, LoanId};
use domain::invoices::Installment;
use domain::loans::loan::{Activation, Loan};
use domain::loans::status::Transition;
use domain::loans::terms::Method;
use domain::money::Amount;
use jiff::ToSpan;
use jiff::civil::Date;
use platform::origination::servicing_terms;
use platform::store::{Brand, Effect, JournalItem, LoanRecord, Loans, Plan, Retry};
use rust_decimal::Decimal;

use super::stage::{Stage, StageError};

const CONCURRENT_CONTRACTS: usize = 8;

/// A contract with monthly installments of one value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Contract {
    pub first_due: Date,
    pub installments: u16,
    /// The principal and interest of each installment, in cents.
    pub principal_cents: i64,
    pub interest_cents: i64,
}

impl Contract {
    /// The due date of each installment.
    pub fn dues(&self) -> impl Iterator<Item = Date> {
        let first = self.first_due;
        (0..i32::from(self.installments)).map(move |month| first.saturating_add(month.months()))
    }
}

/// An amount of two decimals.
pub fn cents(cents: i64) -> Amount {
    Amount::new(Decimal::new(cents, 2))
}

/// Lends every contract, each in one transaction; returns their ids in the same order.
///
/// # Errors
/// Where a contract cannot be lent.
pub async fn lend(
    stage: &Stage,
    brand: &Brand,
    contracts: &[Contract],
) -> Result<Vec<LoanId>, StageError> {
    use futures::{StreamExt as _, TryStreamExt as _};
    futures::stream::iter(contracts.to_vec())
        .map(|contract| lend_one(stage, brand, contract))
        .buffered(CONCURRENT_CONTRACTS)
        .try_collect()
        .await
}

async fn lend_one(stage: &Stage, brand: &Brand, contract: Contract) -> Result<LoanId, StageError> {
    let deps = &stage.deps;
    let (id, customer) = (LoanId::new(deps.ulid()), CustomerId::new(deps.ulid()));
    let start = contract.first_due.saturating_sub(1.month());
    let row = |due: Date| Installment {
        nominal_due: due,
        due,
        principal: cents(contract.principal_cents),
        interest: cents(contract.interest_cents),
    };
    let principal = cents(contract.principal_cents * i64::from(contract.installments));
    let mut loan =
        Loan::request(id, customer, principal, servicing_terms(brand, Method::Flat, start)?);
    loan.originate(Transition::Approve)?;
    let installments = contract.dues().map(row).collect();
    let activation = Activation { on: start, installments, fees_withheld: Amount::ZERO };
    let entries = loan.activate(&activation)?.entries;
    let record = LoanRecord {
        brand: brand.id,
        version: 0,
        shard: LoanRecord::shard_of(brand, id),
        loan,
        plan: Plan {
            method: "FLAT".to_owned(),
            annual_rate: None,
            installments: contract.installments,
        },
        owner: None,
        reference: None,
        created_at: deps.now(),
    };
    let entry = JournalEntryId::new(deps.ulid());
    let effect = Effect::new("seed", "loans:activate", id);
    let item = JournalItem::new(&record, entry, deps.now(), effect, &entries, None)?
        .with_opening(&record.loan)?;
    let loans = Loans::new(&deps.table);
    let mut retry = Retry::default();
    loop {
        let mut change = loans.begin(brand, record.clone(), deps.today(brand)).await?;
        change.journal(item.clone());
        match loans.write(deps.table.tx(), change, deps.now())?.commit().await {
            Ok(()) => return Ok(id),
            Err(error) => retry.pause(error).await?,
        }
    }
}
