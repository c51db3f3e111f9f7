use aws_sdk_dynamodb::types::AttributeValue;
use domain::ids::BrandId;
use domain::ledger::{Figure, Position};
use domain::money::Amount;
use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{Brand, Consistency, Entity, Item, Key, Range, StoreError, Table, Update};

/// The most shards that a brand's portfolio is spread over.
pub const SHARDS_LIMIT: u16 = 64;

/// What a shard's loans add up to as of a date. It is the addend of the dashboard and, by its
/// date, the checkpoint of the night.
///
/// Always: the sum of `loan.position(as_of)` over the shard's loans is `position`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shard {
    pub brand: BrandId,
    pub shard: u16,
    #[serde(rename = "v", default)]
    pub version: u64,
    /// The business date that `position` is as of.
    #[serde(rename = "d")]
    pub as_of: Date,
    /// When it last changed.
    #[serde(rename = "t")]
    pub updated_at: Timestamp,
    /// Stored as one number attribute a figure, by its short name; see [`Entity::to_item`] below.
    #[serde(skip)]
    pub position: Position,
}

impl Shard {
    pub fn partition(brand: BrandId) -> String {
        format!("B#{}#AGG", brand.ulid())
    }

    pub fn key_of(brand: BrandId, shard: u16) -> Key {
        Key::new(Self::partition(brand), format!("S#{shard:02}"))
    }

    /// Whether no loan was ever counted in it.
    pub fn is_untouched(&self) -> bool {
        self.position == Position::default()
    }

    /// The shard as stored, or an empty one as of `today` where it was never written.
    pub async fn load(
        table: &Table,
        brand: &Brand,
        shard: u16,
        today: Date,
    ) -> Result<Self, StoreError> {
        let stored = table.get::<Self>(&Self::key_of(brand.id, shard), Consistency::Strong).await?;
        Ok(stored.unwrap_or_else(|| Self::empty(brand.id, shard, today)))
    }

    /// All the shards of a brand: the dashboard, by one query.
    pub async fn all(
        table: &Table,
        brand: BrandId,
        consistency: Consistency,
    ) -> Result<Vec<Self>, StoreError> {
        let range = Range::partition(Self::partition(brand)).prefix("S#").consistency(consistency);
        table.query_all(&range, usize::from(SHARDS_LIMIT)).await
    }

    pub fn empty(brand: BrandId, shard: u16, as_of: Date) -> Self {
        Self {
            brand,
            shard,
            version: 0,
            as_of,
            updated_at: Timestamp::UNIX_EPOCH,
            position: Position::default(),
        }
    }

    /// The update that adds `delta` to the stored figures.
    pub(super) fn addition(&self, delta: &Position, at: Timestamp) -> Result<Update, StoreError> {
        let mut update = Update::new()
            .set("brand", self.brand)?
            .set("shard", self.shard)?
            .set("d", self.as_of)?
            .set("t", at)?
            .add("v", &1);
        for (name, figure) in delta.fields() {
            match figure {
                Figure::Count(0) => {}
                Figure::Count(count) => update = update.add(name, &count),
                Figure::Amount(amount) if amount.is_zero() => {}
                Figure::Amount(amount) => update = update.add(name, &amount.value().normalize()),
            }
        }
        Ok(update)
    }
}

impl Entity for Shard {
    const NAME: &'static str = "shard";

    fn key(&self) -> Key {
        Self::key_of(self.brand, self.shard)
    }

    fn to_item(&self) -> Result<Item, StoreError> {
        let mut item: Item = serde_dynamo::to_item(self)?;
        item.extend(self.key().to_item());
        for (name, figure) in self.position.fields() {
            let number = match figure {
                Figure::Count(count) => Decimal::from(count),
                Figure::Amount(amount) => amount.value().normalize(),
            };
            if !number.is_zero() {
                item.insert(name.to_owned(), AttributeValue::N(number.to_string()));
            }
        }
        Ok(item)
    }

    fn from_item(item: Item) -> Result<Self, StoreError> {
        let mut position = Position::default();
        for name in Position::NAMES {
            let Some(AttributeValue::N(text)) = item.get(*name) else { continue };
            let count = text.parse().map(Figure::Count);
            if count.is_ok_and(|count| position.set(name, count)) {
                continue;
            }
            let number = Decimal::from_str_exact(text)
                .map_err(|_| StoreError::Corrupt(format!("shard: {name} is {text}")))?;
            position.set(name, Figure::Amount(Amount::new(number)));
        }
        let shard: Self = serde_dynamo::from_item(item)
            .map_err(|error| StoreError::Corrupt(format!("shard: {error}")))?;
        Ok(Self { position, ..shard })
    }
}

impl super::Versioned for Shard {
    fn version(&self) -> u64 {
        self.version
    }

    fn set_version(&mut self, version: u64) {
        self.version = version;
    }
}
