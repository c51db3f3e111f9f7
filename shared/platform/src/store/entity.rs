use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::StoreError;
use crate::telemetry::Trace;

pub type Item = HashMap<String, AttributeValue>;

/// The primary key of an item of the one table.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    pub pk: String,
    pub sk: String,
}

impl Key {
    pub fn new(pk: impl Into<String>, sk: impl Into<String>) -> Self {
        Self { pk: pk.into(), sk: sk.into() }
    }

    pub(super) fn to_item(&self) -> Item {
        HashMap::from([
            ("pk".to_owned(), AttributeValue::S(self.pk.clone())),
            ("sk".to_owned(), AttributeValue::S(self.sk.clone())),
        ])
    }

    pub(super) fn from_item(item: &Item) -> Result<Self, StoreError> {
        let text = |name: &str| match item.get(name) {
            Some(AttributeValue::S(text)) => Ok(text.clone()),
            _ => Err(StoreError::Corrupt(format!("an item without {name}"))),
        };
        Ok(Self { pk: text("pk")?, sk: text("sk")? })
    }
}

/// The attributes by which an item is found other than by its key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Indexes {
    /// The sparse index of what waits for a date or a person: an active loan by its oldest open due
    /// date, (brand and shard, date and loan).
    pub due: Option<(String, String)>,
    /// The index of a brand's records of one kind in order of creation: (brand and kind, id).
    pub list: Option<(String, String)>,
    /// When the item may be removed, in seconds since 1970.
    pub expires_at: Option<i64>,
}

/// A record that is one item of the table. Its keys are computed here, beside the struct, and
/// nowhere else.
pub trait Entity: Serialize + DeserializeOwned + Send + Sync {
    /// What the record is called in errors and in the meter.
    const NAME: &'static str;

    fn key(&self) -> Key;

    fn indexes(&self) -> Indexes {
        Indexes::default()
    }

    /// Whether the table's stream makes something of the item: then the item says which request it
    /// comes from.
    fn is_told(&self) -> bool {
        false
    }

    fn to_item(&self) -> Result<Item, StoreError> {
        let mut item: Item = serde_dynamo::to_item(self)?;
        item.extend(self.key().to_item());
        if let Some(trace) = Trace::current().filter(|_| self.is_told()) {
            let text = AttributeValue::S(trace.to_string());
            item.insert(Trace::ITEM_ATTRIBUTE.to_owned(), text);
        }
        let indexes = self.indexes();
        let mut text =
            |name: &str, value: String| item.insert(name.to_owned(), AttributeValue::S(value));
        if let Some((partition, sort)) = indexes.due {
            text("dk", partition);
            text("ds", sort);
        }
        if let Some((partition, sort)) = indexes.list {
            text("lk", partition);
            text("ls", sort);
        }
        if let Some(expires_at) = indexes.expires_at {
            item.insert("ttl".to_owned(), AttributeValue::N(expires_at.to_string()));
        }
        Ok(item)
    }

    fn from_item(item: Item) -> Result<Self, StoreError> {
        serde_dynamo::from_item(item)
            .map_err(|error| StoreError::Corrupt(format!("{}: {error}", Self::NAME)))
    }
}

/// A record with an optimistic version in attribute `v`: each write names the version it read.
pub trait Versioned: Entity {
    /// The version of the record as it was read; 0 for one that was never stored.
    fn version(&self) -> u64;
    fn set_version(&mut self, version: u64);
}
