use std::collections::BTreeMap;

use domain::identity::Phone;
use domain::ids::CustomerId;
use futures::FutureExt;
use futures::future::BoxFuture;
use futures::stream::{self, StreamExt, TryStreamExt};

use super::ImportError;
use super::build::{Built, customer_id};
use super::row::Row;
use crate::Deps;
use crate::http::FieldError;
use crate::origination::link_customer;
use crate::store::{
    Brand, Consistency, ContractReference, Customer, Customers, Entity, Import, Loans, Retry,
    StoreError, Taken, Unique,
};

/// Writes under way at the same time.
const CONCURRENT_LIMIT_WRITES: usize = 8;
/// Tries of a customer that another writer gets in the way of.
const CUSTOMER_LIMIT_TRIES: u32 = 4;

/// A row with the loan that it makes.
#[derive(Debug)]
pub(super) struct Ready {
    pub row: Row,
    pub built: Built,
}

/// The customer of a row, or why they could not be created.
pub(super) type Found = Result<CustomerId, FieldError>;

/// The contracts among these that are in already, by number.
pub(super) async fn references(
    deps: &Deps,
    import: &Import,
    ready: &[Ready],
) -> Result<BTreeMap<String, ContractReference>, StoreError> {
    let mut keys: Vec<_> = ready
        .iter()
        .map(|ready| ContractReference::key_of(import.brand, &ready.row.contract))
        .collect();
    keys.sort();
    keys.dedup();
    let held = deps.table.batch_get::<ContractReference>(&keys, Consistency::Strong).await?;
    Ok(held.into_iter().map(|held| (held.reference.clone(), held)).collect())
}

/// Finds the customers of the rows by their numbers and creates those that are missing, except in
/// a dry run.
pub(super) async fn customers(
    deps: &Deps,
    import: &Import,
    ready: &[Ready],
) -> Result<BTreeMap<String, Found>, ImportError> {
    // A customer's first row says their name and phone.
    let mut rows: BTreeMap<&str, &Row> = BTreeMap::new();
    for Ready { row, .. } in ready {
        rows.entry(&row.customer).or_insert(row);
    }
    // Of customers with one phone, the first in the file has it.
    let mut phones: BTreeMap<&str, Vec<&Row>> = BTreeMap::new();
    for row in rows.into_values() {
        let phone = row.phone.as_ref().map(Phone::expose);
        phones.entry(phone.unwrap_or(&row.customer)).or_default().push(row);
    }
    let groups = phones.into_values().map(|rows| sharing_a_phone(deps, import, rows).boxed());
    let found = some_at_a_time(groups.collect()).await?;
    Ok(found.into_iter().flatten().collect())
}

/// Runs the tasks, a few of them at the same time.
async fn some_at_a_time<T>(
    tasks: Vec<BoxFuture<'_, Result<T, StoreError>>>,
) -> Result<Vec<T>, StoreError> {
    stream::iter(tasks).buffer_unordered(CONCURRENT_LIMIT_WRITES).try_collect().await
}

/// The customers of rows with one phone, in the order of the file.
async fn sharing_a_phone(
    deps: &Deps,
    import: &Import,
    mut rows: Vec<&Row>,
) -> Result<Vec<(String, Found)>, StoreError> {
    rows.sort_by_key(|row| row.line);
    let mut found = Vec::with_capacity(rows.len());
    let mut is_phone_held = false;
    for row in rows {
        let customer = customer(deps, import, row, is_phone_held).await?;
        is_phone_held |= customer == Ok(customer_id(import, row));
        found.push((row.customer.clone(), customer));
    }
    Ok(found)
}

/// `is_phone_held`: a customer of an earlier row comes with the same phone.
async fn customer(
    deps: &Deps,
    import: &Import,
    row: &Row,
    is_phone_held: bool,
) -> Result<Found, StoreError> {
    let customers = Customers::new(deps);
    let taken = || Err(FieldError::new("phone", "is another customer's"));
    let mut tries = 0;
    loop {
        let number = Unique::Reference(&row.customer);
        if let Some(customer) = customers.find_id(import.brand, number).await? {
            return Ok(Ok(customer));
        }
        let mut customer = customer_of(import, row);
        if import.dry_run {
            let holder = match &row.phone {
                Some(phone) => customers.find_id(import.brand, Unique::Phone(phone)).await?,
                None => None,
            };
            let is_taken = is_phone_held || holder.is_some();
            return Ok(if is_taken { taken() } else { Ok(customer.id) });
        }
        let created = customers.create(deps.table.tx(), &mut customer).await?.commit().await;
        tries += 1;
        match created {
            Ok(()) => return Ok(Ok(customer.id)),
            // Somebody else was quicker with the number.
            Err(error)
                if tries < CUSTOMER_LIMIT_TRIES
                    && (error.is_conflict_on("reference")
                        || error.is_conflict_on("customer")
                        || error.is_transient()) => {}
            Err(error) if Taken::of(&error).is_some_and(|taken| taken.field == "phone") => {
                return Ok(taken());
            }
            Err(error) => return Err(error),
        }
    }
}

fn customer_of(import: &Import, row: &Row) -> Customer {
    let id = customer_id(import, row);
    Customer {
        phone: row.phone.clone(),
        reference: Some(row.customer.clone()),
        ..Customer::new(import.brand, id, row.name.clone(), import.created_at)
    }
}

/// Writes the loans, those of one shard one after the other, since each changes the shard's sums.
/// Answers whose each contract is: this import's, or another's that was quicker.
pub(super) async fn loans(
    deps: &Deps,
    brand: &Brand,
    import: &Import,
    ready: &[Ready],
) -> Result<Vec<ContractReference>, ImportError> {
    let mut shards: BTreeMap<u16, Vec<&Ready>> = BTreeMap::new();
    for ready in ready {
        shards.entry(ready.built.record.shard).or_default().push(ready);
    }
    let groups = shards.into_values().map(|shard| of_one_shard(deps, brand, import, shard).boxed());
    let written = some_at_a_time(groups.collect()).await?;
    Ok(written.into_iter().flatten().collect())
}

async fn of_one_shard(
    deps: &Deps,
    brand: &Brand,
    import: &Import,
    shard: Vec<&Ready>,
) -> Result<Vec<ContractReference>, StoreError> {
    let mut written = Vec::with_capacity(shard.len());
    for ready in shard {
        written.push(loan(deps, brand, import, ready).await?);
    }
    Ok(written)
}

/// Writes one loan in one transaction: its item, its journal, its shard's sums, its place among the
/// customer's loans, and its number.
async fn loan(
    deps: &Deps,
    brand: &Brand,
    import: &Import,
    ready: &Ready,
) -> Result<ContractReference, StoreError> {
    let record = &ready.built.record;
    let reference = ContractReference {
        brand: brand.id,
        reference: ready.row.contract.clone(),
        loan: record.loan.id,
        customer: record.loan.customer,
        import: import.id,
    };
    let journal = ready.built.journal(import)?;
    let loans = Loans::new(&deps.table);
    let mut retry = Retry::default();
    loop {
        let mut change = loans.begin(brand, record.clone(), deps.today(brand)).await?;
        change.journal(journal.clone());
        let tx = deps.table.tx().create("reference", &reference);
        let tx = loans.write(link_customer(tx, record), change, deps.now())?;
        match tx.commit().await {
            Ok(()) => return Ok(reference),
            Err(error) if error.is_conflict_on("reference") => {
                let held = deps.table.get(&reference.key(), Consistency::Strong).await?;
                return held.ok_or(error);
            }
            Err(error) => retry.pause(error).await?,
        }
    }
}
