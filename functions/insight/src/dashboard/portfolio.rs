use domain::ledger::Position;
use jiff::Timestamp;
use jiff::civil::Date;
use platform::Deps;
use platform::store::{Brand, Consistency, Shard, StoreError};

/// What all the loans of a brand add up to.
#[derive(Debug)]
pub(super) struct Portfolio {
    pub position: Position,
    /// The oldest date that a part of it is as of.
    pub as_of: Date,
    /// When a part of it last changed; `None` where the brand never had a loan.
    pub updated_at: Option<Timestamp>,
}

impl Portfolio {
    /// One query, whatever the number of loans.
    pub(super) async fn load(deps: &Deps, brand: &Brand) -> Result<Self, StoreError> {
        let shards = Shard::all(&deps.table, brand.id, Consistency::Eventual).await?;
        let mut position = Position::default();
        for shard in &shards {
            position += shard.position;
        }
        let as_of = shards.iter().map(|shard| shard.as_of).min();
        Ok(Self {
            position,
            as_of: as_of.unwrap_or_else(|| deps.today(brand)),
            updated_at: shards.iter().map(|shard| shard.updated_at).max(),
        })
    }
}
