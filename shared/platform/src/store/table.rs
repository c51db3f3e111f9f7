use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{
    AttributeValue, KeysAndAttributes, ReturnConsumedCapacity, ReturnValue,
};

use futures::FutureExt;

use super::entity::Item;
use super::error::from_sdk;
use super::expression::Placeholders;
use super::meter::Kind;
use super::{Condition, Entity, Key, Meter, StoreError, Tx, Update, Versioned};
use crate::aws::Lazy;

/// DynamoDB's own bound of one BatchGetItem.
const BATCH_GET_LIMIT_ITEMS: usize = 100;
const BATCH_GET_LIMIT_TRIES: u32 = 6;
const BATCH_GET_BACKOFF_MILLIS: u64 = 40;
/// Keys to a page of a count; DynamoDB ends a page at 1 MiB anyway.
const COUNT_PAGE_LIMIT_KEYS: usize = 10_000;
/// The name of a [`Bookmark::mark`], which is no attribute's.
const MARK: &str = "mark";
/// The key of [`Table::reachable`], which no item has.
const PROBE: &str = "probe";

/// Whether a read must see every write that was acknowledged before it (twice the read units).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consistency {
    Strong,
    Eventual,
}

/// Which items of a partition a query reads, in which order.
#[derive(Debug, Clone)]
pub struct Range {
    index: Option<Index>,
    partition: String,
    sort: Sort,
    descending: bool,
    consistency: Consistency,
}

#[derive(Debug, Clone, Copy)]
enum Index {
    Due,
    List,
}

impl Index {
    const fn name(self) -> &'static str {
        match self {
            Self::Due => "due",
            Self::List => "list",
        }
    }
}

#[derive(Debug, Clone)]
enum Sort {
    All,
    Prefix(String),
    AtMost(String),
    Between(String, String),
}

impl Range {
    /// All the items of a partition of the table.
    pub fn partition(pk: impl Into<String>) -> Self {
        Self {
            index: None,
            partition: pk.into(),
            sort: Sort::All,
            descending: false,
            consistency: Consistency::Eventual,
        }
    }

    /// The index of loans by oldest open due date.
    pub fn due(partition: impl Into<String>) -> Self {
        Self { index: Some(Index::Due), ..Self::partition(partition) }
    }

    /// The index of a brand's records of one kind.
    pub fn list(partition: impl Into<String>) -> Self {
        Self { index: Some(Index::List), ..Self::partition(partition) }
    }

    pub fn prefix(self, prefix: impl Into<String>) -> Self {
        Self { sort: Sort::Prefix(prefix.into()), ..self }
    }

    pub fn at_most(self, bound: impl Into<String>) -> Self {
        Self { sort: Sort::AtMost(bound.into()), ..self }
    }

    /// Both bounds included.
    pub fn between(self, from: impl Into<String>, to: impl Into<String>) -> Self {
        Self { sort: Sort::Between(from.into(), to.into()), ..self }
    }

    pub fn descending(self) -> Self {
        Self { descending: true, ..self }
    }

    pub(super) const fn is_descending(&self) -> bool {
        self.descending
    }

    pub fn consistency(self, consistency: Consistency) -> Self {
        Self { consistency, ..self }
    }

    const fn key_names(&self) -> (&'static str, &'static str) {
        match self.index {
            Some(Index::Due) => ("dk", "ds"),
            Some(Index::List) => ("lk", "ls"),
            None => ("pk", "sk"),
        }
    }
}

/// One page of a query: what was read, and where the next page begins.
#[derive(Debug)]
pub struct Slice<T> {
    pub items: Vec<T>,
    pub next: Option<Bookmark>,
}

/// Where a query stopped: the last item's keys. Opaque to callers, who may store it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Bookmark(HashMap<String, String>);

impl Bookmark {
    fn from_key(key: &Item) -> Self {
        Self(
            key.iter()
                .filter_map(|(name, value)| Some((name.clone(), value.as_s().ok()?.clone())))
                .collect(),
        )
    }

    /// Where a query of an index's range stops that read this record last; `None` for a record that
    /// is not in the index.
    pub fn in_range<E: Entity>(range: &Range, record: &E) -> Option<Self> {
        let Key { pk, sk } = record.key();
        let indexes = record.indexes();
        let (partition, sort) = match range.index? {
            Index::Due => indexes.due?,
            Index::List => indexes.list?,
        };
        let (partition_name, sort_name) = range.key_names();
        let names = ["pk", "sk", partition_name, sort_name].map(str::to_owned);
        Some(Self(names.into_iter().zip([pk, sk, partition, sort]).collect()))
    }

    /// A place that a caller names itself, for lists that are merged from several ranges.
    pub fn mark(text: impl Into<String>) -> Self {
        Self(HashMap::from([(MARK.to_owned(), text.into())]))
    }

    /// The text of [`Self::mark`].
    pub fn marked(&self) -> Option<&str> {
        self.0.get(MARK).map(String::as_str)
    }

    /// Where a query of the table stops that read the record with this key last.
    pub(super) fn at(key: &Key) -> Self {
        Self(
            [("pk", &key.pk), ("sk", &key.sk)]
                .map(|(name, text)| (name.to_owned(), text.clone()))
                .into(),
        )
    }

    /// The beginning of a partition of the table.
    pub(super) fn start_of(partition: &str) -> Self {
        Self(HashMap::from([("pk".to_owned(), partition.to_owned())]))
    }

    /// The partition of the table that the query stopped in.
    pub(super) fn partition(&self) -> Option<&str> {
        self.0.get("pk").map(String::as_str)
    }

    /// Whether it is a record, and not the beginning of a partition.
    pub(super) fn is_place(&self) -> bool {
        self.0.contains_key("sk")
    }

    fn into_key(self) -> Item {
        self.0.into_iter().map(|(name, text)| (name, AttributeValue::S(text))).collect()
    }
}

/// The one table, over the AWS SDK. Every write is conditional; what each call consumed is
/// counted in the [`Meter`].
#[derive(Debug, Clone)]
pub struct Table {
    client: Lazy<Client>,
    name: String,
    meter: Arc<Meter>,
}

impl Table {
    pub fn new(client: impl Into<Lazy<Client>>, name: impl Into<String>) -> Self {
        Self { client: client.into(), name: name.into(), meter: Arc::default() }
    }

    pub fn client(&self) -> &Client {
        self.client.get(Client::new)
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn meter(&self) -> &Meter {
        &self.meter
    }

    pub const fn tx(&self) -> Tx<'_> {
        Tx::new(self)
    }

    /// Whether the table answers a read (of an item that does not exist).
    pub async fn reachable(&self) -> Result<(), StoreError> {
        let output = self
            .client()
            .get_item()
            .table_name(&self.name)
            .set_key(Some(Key::new(PROBE, PROBE).to_item()))
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .boxed()
            .await
            .map_err(|error| from_sdk(PROBE, &error))?;
        self.meter.record("GetItem", Kind::Read, output.consumed_capacity());
        Ok(())
    }

    pub async fn get<E: Entity>(
        &self,
        key: &Key,
        consistency: Consistency,
    ) -> Result<Option<E>, StoreError> {
        let output = self
            .client()
            .get_item()
            .table_name(&self.name)
            .set_key(Some(key.to_item()))
            .consistent_read(consistency == Consistency::Strong)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .boxed()
            .await
            .map_err(|error| from_sdk(E::NAME, &error))?;
        self.meter.record("GetItem", Kind::Read, output.consumed_capacity());
        output.item.map(E::from_item).transpose()
    }

    /// The records with these keys that exist, in no particular order.
    pub async fn batch_get<E: Entity>(
        &self,
        keys: &[Key],
        consistency: Consistency,
    ) -> Result<Vec<E>, StoreError> {
        let mut records = Vec::with_capacity(keys.len());
        for chunk in keys.chunks(BATCH_GET_LIMIT_ITEMS) {
            let mut wanted: Vec<Item> = chunk.iter().map(Key::to_item).collect();
            let mut tries = 0;
            while !wanted.is_empty() {
                if tries == BATCH_GET_LIMIT_TRIES {
                    return Err(StoreError::Unavailable(
                        "a batch was not read to its end".to_owned(),
                    ));
                }
                if tries > 0 {
                    let ceiling = BATCH_GET_BACKOFF_MILLIS << tries;
                    let wait = rand::random_range(ceiling / 2..=ceiling);
                    tokio::time::sleep(Duration::from_millis(wait)).await;
                }
                tries += 1;
                wanted = self.batch_get_once(wanted, consistency, &mut records).await?;
            }
        }
        Ok(records)
    }

    /// Reads what it can of `wanted` into `records` and returns the keys left unread.
    async fn batch_get_once<E: Entity>(
        &self,
        wanted: Vec<Item>,
        consistency: Consistency,
        records: &mut Vec<E>,
    ) -> Result<Vec<Item>, StoreError> {
        let request = KeysAndAttributes::builder()
            .set_keys(Some(wanted))
            .consistent_read(consistency == Consistency::Strong)
            .build()
            .map_err(|error| StoreError::Refused(error.to_string()))?;
        let output = self
            .client()
            .batch_get_item()
            .request_items(&self.name, request)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .boxed()
            .await
            .map_err(|error| from_sdk(E::NAME, &error))?;
        self.meter.record("BatchGetItem", Kind::Read, output.consumed_capacity());
        for item in output.responses.into_iter().flatten().flat_map(|(_, items)| items) {
            records.push(E::from_item(item)?);
        }
        Ok(output
            .unprocessed_keys
            .and_then(|mut unprocessed| unprocessed.remove(&self.name))
            .map(|left| left.keys)
            .unwrap_or_default())
    }

    /// One page of at most `limit` whole records of the table (not of an index).
    pub async fn query<E: Entity>(
        &self,
        range: &Range,
        limit: usize,
        after: Option<Bookmark>,
    ) -> Result<Slice<E>, StoreError> {
        let page = self.query_items(E::NAME, range, limit, after).await?;
        let items = page.items.into_iter().map(E::from_item).collect::<Result<_, _>>()?;
        Ok(Slice { items, next: page.next })
    }

    /// One page of at most `limit` keys of an index.
    pub async fn query_keys(
        &self,
        range: &Range,
        limit: usize,
        after: Option<Bookmark>,
    ) -> Result<Slice<Key>, StoreError> {
        let page = self.query_items("index", range, limit, after).await?;
        let items = page.items.iter().map(Key::from_item).collect::<Result<_, _>>()?;
        Ok(Slice { items, next: page.next })
    }

    /// The first entries of an index's range, at most `limit`: each sort key with the record's key.
    pub async fn query_entries(
        &self,
        range: &Range,
        limit: usize,
    ) -> Result<Vec<(String, Key)>, StoreError> {
        let (_, sort) = range.key_names();
        let page = self.query_items("index", range, limit, None).await?;
        let entry = |item: &Item| match item.get(sort) {
            Some(AttributeValue::S(text)) => Ok((text.clone(), Key::from_item(item)?)),
            _ => Err(StoreError::Corrupt(format!("an item without {sort}"))),
        };
        page.items.iter().map(entry).collect()
    }

    /// The number of an index's entries in a range: reads all of them, but only their keys.
    pub async fn count_keys(&self, range: &Range) -> Result<u64, StoreError> {
        let mut count = 0;
        let mut after = None;
        loop {
            let page = self.query_keys(range, COUNT_PAGE_LIMIT_KEYS, after).await?;
            count += u64::try_from(page.items.len()).unwrap_or(u64::MAX);
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(count),
            }
        }
    }

    /// Every record of a range, up to `bound` records; one more is an error, never a silent cut.
    pub async fn query_all<E: Entity>(
        &self,
        range: &Range,
        bound: usize,
    ) -> Result<Vec<E>, StoreError> {
        let mut records = Vec::new();
        let mut after = None;
        loop {
            let page = self.query(range, bound + 1 - records.len(), after).await?;
            records.extend(page.items);
            if records.len() > bound {
                return Err(StoreError::Refused(format!("more than {bound} of {}", E::NAME)));
            }
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(records),
            }
        }
    }

    async fn query_items(
        &self,
        label: &'static str,
        range: &Range,
        limit: usize,
        after: Option<Bookmark>,
    ) -> Result<Slice<Item>, StoreError> {
        let (partition, sort) = range.key_names();
        let mut request = self
            .client()
            .query()
            .table_name(&self.name)
            .set_index_name(range.index.map(|index| index.name().to_owned()))
            .scan_index_forward(!range.descending)
            .consistent_read(range.consistency == Consistency::Strong)
            .limit(i32::try_from(limit).unwrap_or(i32::MAX))
            .set_exclusive_start_key(after.map(Bookmark::into_key))
            .expression_attribute_names("#p", partition)
            .expression_attribute_values(":p", AttributeValue::S(range.partition.clone()))
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        let condition = match &range.sort {
            Sort::All => "#p = :p",
            Sort::Prefix(prefix) => {
                request =
                    request.expression_attribute_values(":a", AttributeValue::S(prefix.clone()));
                "#p = :p AND begins_with(#s, :a)"
            }
            Sort::AtMost(bound) => {
                request =
                    request.expression_attribute_values(":a", AttributeValue::S(bound.clone()));
                "#p = :p AND #s <= :a"
            }
            Sort::Between(from, to) => {
                request = request
                    .expression_attribute_values(":a", AttributeValue::S(from.clone()))
                    .expression_attribute_values(":b", AttributeValue::S(to.clone()));
                "#p = :p AND #s BETWEEN :a AND :b"
            }
        };
        if !matches!(range.sort, Sort::All) {
            request = request.expression_attribute_names("#s", sort);
        }
        let output = request
            .key_condition_expression(condition)
            .send()
            .boxed()
            .await
            .map_err(|error| from_sdk(label, &error))?;
        self.meter.record("Query", Kind::Read, output.consumed_capacity());
        Ok(Slice {
            next: output.last_evaluated_key.as_ref().map(Bookmark::from_key),
            items: output.items.unwrap_or_default(),
        })
    }

    /// Stores a record that must not exist yet.
    pub async fn create<E: Entity>(&self, entity: &E) -> Result<(), StoreError> {
        self.put(entity, &Condition::absent()).await
    }

    /// Stores the next version of a record, if it still has the version that was read.
    pub async fn replace<E: Versioned>(&self, entity: &mut E) -> Result<(), StoreError> {
        let read = entity.version();
        let condition = if read == 0 { Condition::absent() } else { Condition::equals("v", read)? };
        entity.set_version(read + 1);
        self.put(entity, &condition).await
    }

    pub async fn put<E: Entity>(
        &self,
        entity: &E,
        condition: &Condition,
    ) -> Result<(), StoreError> {
        let mut placeholders = Placeholders::default();
        let condition = condition.render(&mut placeholders);
        let (names, values) = placeholders.into_parts();
        let output = self
            .client()
            .put_item()
            .table_name(&self.name)
            .set_item(Some(entity.to_item()?))
            .set_condition_expression(condition)
            .set_expression_attribute_names(names)
            .set_expression_attribute_values(values)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .boxed()
            .await
            .map_err(|error| from_sdk(E::NAME, &error))?;
        self.meter.record("PutItem", Kind::Write, output.consumed_capacity());
        Ok(())
    }

    /// Changes attributes of an item and returns the whole item as it is afterwards.
    pub async fn update(
        &self,
        label: &'static str,
        key: &Key,
        update: &Update,
        condition: &Condition,
    ) -> Result<Item, StoreError> {
        let mut placeholders = Placeholders::default();
        let condition = condition.render(&mut placeholders);
        let expression = update.render(&mut placeholders);
        let (names, values) = placeholders.into_parts();
        let output = self
            .client()
            .update_item()
            .table_name(&self.name)
            .set_key(Some(key.to_item()))
            .update_expression(expression)
            .set_condition_expression(condition)
            .set_expression_attribute_names(names)
            .set_expression_attribute_values(values)
            .return_values(ReturnValue::AllNew)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .boxed()
            .await
            .map_err(|error| from_sdk(label, &error))?;
        self.meter.record("UpdateItem", Kind::Write, output.consumed_capacity());
        Ok(output.attributes.unwrap_or_default())
    }

    pub async fn delete(
        &self,
        label: &'static str,
        key: &Key,
        condition: &Condition,
    ) -> Result<(), StoreError> {
        let mut placeholders = Placeholders::default();
        let condition = condition.render(&mut placeholders);
        let (names, values) = placeholders.into_parts();
        let output = self
            .client()
            .delete_item()
            .table_name(&self.name)
            .set_key(Some(key.to_item()))
            .set_condition_expression(condition)
            .set_expression_attribute_names(names)
            .set_expression_attribute_values(values)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .boxed()
            .await
            .map_err(|error| from_sdk(label, &error))?;
        self.meter.record("DeleteItem", Kind::Write, output.consumed_capacity());
        Ok(())
    }

    /// Counts one more in a window that expires; returns the count with this one.
    pub async fn count(&self, key: &Key, expires_at: i64) -> Result<u64, StoreError> {
        let update = Update::new().add("n", &1).set("ttl", expires_at)?;
        let item = self.update("counter", key, &update, &Condition::default()).await?;
        item.get("n")
            .and_then(|n| n.as_n().ok()?.parse().ok())
            .ok_or_else(|| StoreError::Corrupt("a counter without a number".to_owned()))
    }
}
