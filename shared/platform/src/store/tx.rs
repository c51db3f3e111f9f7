use std::time::Duration;

use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{
    ConditionCheck, Delete, Put, ReturnConsumedCapacity, TransactWriteItem, Update as UpdateItem,
};

use futures::FutureExt;

use super::error::from_sdk;
use super::expression::Placeholders;
use super::meter::Kind;
use super::{Condition, Entity, Key, StoreError, Table, Update, Versioned};

/// DynamoDB's own bound of one transaction.
pub const TRANSACTION_LIMIT_ITEMS: usize = 100;
/// How often a transaction is sent again that met another one on its way: many transactions add to
/// the same few sums, which is no reason to decide anew.
const CONTENTION_LIMIT_TRIES: u32 = 4;
const CONTENTION_BASE_MILLIS: u64 = 10;

/// Writes that happen together or not at all. Each is labelled, so that a cancelled transaction
/// names the operation whose condition failed.
#[derive(Debug)]
pub struct Tx<'t> {
    table: &'t Table,
    writes: Vec<(&'static str, TransactWriteItem)>,
    defect: Option<StoreError>,
}

impl<'t> Tx<'t> {
    pub(super) const fn new(table: &'t Table) -> Self {
        Self { table, writes: Vec::new(), defect: None }
    }

    /// Stores a record that must not exist yet.
    pub fn create<E: Entity>(self, label: &'static str, entity: &E) -> Self {
        self.put(label, entity, Condition::absent())
    }

    /// Stores the next version of a record, if it still has the version that was read.
    pub fn replace<E: Versioned>(self, label: &'static str, entity: &mut E) -> Self {
        let read = entity.version();
        entity.set_version(read + 1);
        if read == 0 {
            return self.put(label, entity, Condition::absent());
        }
        match Condition::equals("v", read) {
            Ok(condition) => self.put(label, entity, condition),
            Err(error) => self.broken(error),
        }
    }

    pub fn put<E: Entity>(mut self, label: &'static str, entity: &E, condition: Condition) -> Self {
        let item = match entity.to_item() {
            Ok(item) => item,
            Err(error) => return self.broken(error),
        };
        let mut placeholders = Placeholders::default();
        let condition = condition.render(&mut placeholders);
        let (names, values) = placeholders.into_parts();
        let put = Put::builder()
            .table_name(self.table.name())
            .set_item(Some(item))
            .set_condition_expression(condition)
            .set_expression_attribute_names(names)
            .set_expression_attribute_values(values)
            .build();
        match put {
            Ok(put) => self.writes.push((label, TransactWriteItem::builder().put(put).build())),
            Err(error) => return self.broken(StoreError::Refused(error.to_string())),
        }
        self
    }

    pub fn update(
        mut self,
        label: &'static str,
        key: &Key,
        update: &Update,
        condition: &Condition,
    ) -> Self {
        let mut placeholders = Placeholders::default();
        let condition = condition.render(&mut placeholders);
        let expression = update.render(&mut placeholders);
        let (names, values) = placeholders.into_parts();
        let update = UpdateItem::builder()
            .table_name(self.table.name())
            .set_key(Some(key.to_item()))
            .update_expression(expression)
            .set_condition_expression(condition)
            .set_expression_attribute_names(names)
            .set_expression_attribute_values(values)
            .build();
        match update {
            Ok(update) => {
                self.writes.push((label, TransactWriteItem::builder().update(update).build()))
            }
            Err(error) => return self.broken(StoreError::Refused(error.to_string())),
        }
        self
    }

    pub fn delete(mut self, label: &'static str, key: &Key, condition: &Condition) -> Self {
        let mut placeholders = Placeholders::default();
        let condition = condition.render(&mut placeholders);
        let (names, values) = placeholders.into_parts();
        let delete = Delete::builder()
            .table_name(self.table.name())
            .set_key(Some(key.to_item()))
            .set_condition_expression(condition)
            .set_expression_attribute_names(names)
            .set_expression_attribute_values(values)
            .build();
        match delete {
            Ok(delete) => {
                self.writes.push((label, TransactWriteItem::builder().delete(delete).build()))
            }
            Err(error) => return self.broken(StoreError::Refused(error.to_string())),
        }
        self
    }

    /// Demands a condition of an item that the transaction does not write.
    pub fn check(mut self, label: &'static str, key: &Key, condition: &Condition) -> Self {
        let mut placeholders = Placeholders::default();
        let expression = condition.render(&mut placeholders);
        let (names, values) = placeholders.into_parts();
        let check = ConditionCheck::builder()
            .table_name(self.table.name())
            .set_key(Some(key.to_item()))
            .set_condition_expression(expression)
            .set_expression_attribute_names(names)
            .set_expression_attribute_values(values)
            .build();
        match check {
            Ok(check) => {
                self.writes
                    .push((label, TransactWriteItem::builder().condition_check(check).build()));
            }
            Err(error) => return self.broken(StoreError::Refused(error.to_string())),
        }
        self
    }

    pub fn len(&self) -> usize {
        self.writes.len()
    }

    pub fn is_empty(&self) -> bool {
        self.writes.is_empty()
    }

    /// Writes all, or nothing.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] names the operations whose condition failed;
    /// [`StoreError::Contention`] where other transactions were under way on the items, several
    /// times in a row.
    pub async fn commit(self) -> Result<(), StoreError> {
        if let Some(defect) = self.defect {
            return Err(defect);
        }
        if self.writes.len() > TRANSACTION_LIMIT_ITEMS {
            return Err(StoreError::Refused(format!(
                "{} writes in a transaction",
                self.writes.len()
            )));
        }
        let (labels, writes): (Vec<&'static str>, Vec<TransactWriteItem>) =
            self.writes.into_iter().unzip();
        if writes.is_empty() {
            return Ok(());
        }
        let mut tries = 0;
        loop {
            match send(self.table, &labels, writes.clone()).await {
                // Nothing was written, and the conditions are checked anew.
                Err(StoreError::Contention) if tries < CONTENTION_LIMIT_TRIES => {
                    tries += 1;
                    let ceiling = CONTENTION_BASE_MILLIS << tries;
                    let pause = rand::random_range(1..=ceiling);
                    tokio::time::sleep(Duration::from_millis(pause)).await;
                }
                outcome => return outcome,
            }
        }
    }

    fn broken(mut self, error: StoreError) -> Self {
        self.defect.get_or_insert(error);
        self
    }
}

async fn send(
    table: &Table,
    labels: &[&'static str],
    writes: Vec<TransactWriteItem>,
) -> Result<(), StoreError> {
    let answer = table
        .client()
        .transact_write_items()
        .set_transact_items(Some(writes))
        .return_consumed_capacity(ReturnConsumedCapacity::Total)
        .send()
        .boxed()
        .await;
    match answer {
        Ok(output) => {
            table.meter().record("TransactWriteItems", Kind::Write, output.consumed_capacity());
            Ok(())
        }
        Err(error) => {
            let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) =
                error.as_service_error()
            else {
                return Err(from_sdk("transaction", &error));
            };
            let reasons = cancelled.cancellation_reasons().iter().map(|reason| reason.code());
            Err(from_reasons(labels, reasons).unwrap_or_else(|| {
                StoreError::Refused(format!(
                    "a transaction was cancelled: {}",
                    cancelled.message().unwrap_or_default()
                ))
            }))
        }
    }
}

/// Maps a cancelled transaction's reasons, one per write, back to the labels of the writes.
fn from_reasons<'a>(
    labels: &[&'static str],
    reasons: impl Iterator<Item = Option<&'a str>>,
) -> Option<StoreError> {
    let mut failed = Vec::new();
    let mut contention = false;
    let mut throttled = false;
    for (label, code) in labels.iter().zip(reasons) {
        match code {
            Some("ConditionalCheckFailed") => failed.push(*label),
            Some("TransactionConflict") => contention = true,
            Some("ThrottlingError" | "ProvisionedThroughputExceeded") => throttled = true,
            _ => {}
        }
    }
    if !failed.is_empty() {
        Some(StoreError::Conflict { operations: failed })
    } else if contention {
        Some(StoreError::Contention)
    } else if throttled {
        Some(StoreError::Unavailable("a transaction was throttled".to_owned()))
    } else {
        None
    }
}
