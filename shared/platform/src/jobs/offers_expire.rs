//! The run over offers whose last date has passed: what nobody took up is marked as such.
//!
//! A mark moves no money. A settlement offer that lapsed stays in its loan until the next event, so
//! that a payment confirmed late still counts; a renegotiation that lapsed is refused by its own
//! date. An offer that is marked leaves the index that this run reads.

use domain::ids::{BrandId, LoanId};
use domain::loans::status::{Stage, Status};
use jiff::civil::Date;
use serde::Serialize;

use super::{Counts, ShardError, ShardMessage};
use crate::Deps;
use crate::store::{
    Bookmark, Brand, Consistency, Effect, Entity, Event, Key, LoanRecord, Range, Renegotiation,
    RenegotiationStatus, Settlement, SettlementEnd, StoreError, Table, Versioned, offers_partition,
};

pub const ACTOR: &str = "job:offers-expire";
const PAGE_LIMIT_OFFERS: usize = 100;
const SETTLEMENTS: &str = "settlements";
const RENEGOTIATIONS: &str = "renegotiations";

/// One offer that is over, as a dry run shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Line {
    pub loan: LoanId,
    /// `set_…` or `ren_…`.
    pub offer: String,
    pub until: Date,
}

/// A page of offers whose last date has passed.
struct Lapsed {
    settlements: Vec<Settlement>,
    renegotiations: Vec<Renegotiation>,
}

/// Marks what lapsed before the date.
pub async fn run_shard(
    deps: &Deps,
    brand: &Brand,
    message: &ShardMessage,
) -> Result<Counts, ShardError> {
    let mut counts = Counts::from([(SETTLEMENTS, 0), (RENEGOTIATIONS, 0)]);
    let mut pages = Pages::of(deps, brand, message);
    while let Some(Lapsed { settlements, renegotiations }) = pages.next().await? {
        for settlement in settlements {
            if end_settlement(deps, settlement).await? {
                *counts.entry(SETTLEMENTS).or_default() += 1;
            }
        }
        for renegotiation in renegotiations {
            if expire_renegotiation(deps, renegotiation).await? {
                *counts.entry(RENEGOTIATIONS).or_default() += 1;
            }
        }
    }
    Ok(counts)
}

/// What the shard's run would mark, without marking it.
pub async fn dry_run_shard(
    deps: &Deps,
    brand: &Brand,
    message: &ShardMessage,
) -> Result<Vec<Line>, ShardError> {
    let mut lines = Vec::new();
    let mut pages = Pages::of(deps, brand, message);
    while let Some(Lapsed { settlements, renegotiations }) = pages.next().await? {
        lines.extend(settlements.into_iter().map(|settlement| {
            let Settlement { loan, id, until, .. } = settlement;
            Line { loan, offer: id.to_string(), until }
        }));
        lines.extend(renegotiations.into_iter().map(|renegotiation| {
            let Renegotiation { loan, id, until, .. } = renegotiation;
            Line { loan, offer: id.to_string(), until }
        }));
    }
    lines.sort_by_key(|line| (line.until, line.loan));
    Ok(lines)
}

/// Reads the shard's offers that ended before the date, page by page.
struct Pages<'a> {
    table: &'a Table,
    range: Range,
    after: Option<Bookmark>,
    is_over: bool,
}

impl<'a> Pages<'a> {
    fn of(deps: &'a Deps, brand: &Brand, message: &ShardMessage) -> Self {
        // Sort keys are `date#offer`, so a bare date stands before all of its own offers.
        let range =
            Range::due(offers_partition(brand.id, message.shard)).at_most(message.date.to_string());
        Self { table: &deps.table, range, after: None, is_over: false }
    }

    async fn next(&mut self) -> Result<Option<Lapsed>, StoreError> {
        if self.is_over {
            return Ok(None);
        }
        let after = self.after.take();
        let page = self.table.query_keys(&self.range, PAGE_LIMIT_OFFERS, after).await?;
        self.is_over = page.next.is_none();
        self.after = page.next;
        let (settlements, renegotiations): (Vec<Key>, Vec<Key>) =
            page.items.into_iter().partition(|key| key.sk.starts_with(Settlement::SORT_PREFIX));
        let mut lapsed = Lapsed {
            settlements: self.table.batch_get(&settlements, Consistency::Strong).await?,
            renegotiations: self.table.batch_get(&renegotiations, Consistency::Strong).await?,
        };
        // The index may be behind the table.
        lapsed.settlements.retain(|offer| offer.end.is_none());
        lapsed.renegotiations.retain(|offer| offer.status == RenegotiationStatus::Proposed);
        Ok(Some(lapsed))
    }
}

/// Notes how a settlement offer ended; `false` where another run noted it.
async fn end_settlement(deps: &Deps, mut settlement: Settlement) -> Result<bool, StoreError> {
    let key = LoanRecord::key_of(settlement.brand, settlement.loan);
    let Some(record) = deps.table.get::<LoanRecord>(&key, Consistency::Strong).await? else {
        return Err(StoreError::Corrupt(format!("{} has no loan", settlement.id)));
    };
    let end = match (record.loan.stage, record.loan.status()) {
        (Stage::Settled, _) => SettlementEnd::Kept,
        (_, Status::Active) => SettlementEnd::Lapsed,
        _ => SettlementEnd::Void,
    };
    settlement.end = Some(end);
    let effect = Effect::new(ACTOR, "settlements:end", settlement.loan)
        .after("settlement", settlement.id)
        .after("amount", settlement.amount)
        .after("until", settlement.until)
        .after("end", crate::origination::text_of(&end));
    let brand = settlement.brand;
    write(deps, brand, &mut settlement, effect).await
}

async fn expire_renegotiation(
    deps: &Deps,
    mut renegotiation: Renegotiation,
) -> Result<bool, StoreError> {
    renegotiation.status = RenegotiationStatus::Expired;
    let effect = Effect::new(ACTOR, "renegotiations:expire", renegotiation.loan)
        .before("status", RenegotiationStatus::Proposed)
        .after("renegotiation", renegotiation.id)
        .after("status", renegotiation.status)
        .after("until", renegotiation.until);
    let brand = renegotiation.brand;
    write(deps, brand, &mut renegotiation, effect).await
}

async fn write<O: Versioned>(
    deps: &Deps,
    brand: BrandId,
    offer: &mut O,
    effect: Effect,
) -> Result<bool, StoreError> {
    let event = Event::new(deps, Some(brand), effect);
    let tx = deps.table.tx().replace(O::NAME, offer).create(Event::NAME, &event);
    match tx.commit().await {
        Ok(()) => Ok(true),
        Err(error) if error.is_conflict_on(O::NAME) => Ok(false),
        Err(error) => Err(error),
    }
}
