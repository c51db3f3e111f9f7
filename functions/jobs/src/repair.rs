//! What a rebuild writes where it is told to: loans as their journals say, then shards as their
//! loans say, and the other sums as loans, journals and customers say.

use std::collections::BTreeSet;

use domain::figures::Figure;
use domain::ids::{JournalEntryId, LoanId};
use domain::ledger::Position;
use jiff::civil::Date;
use platform::Deps;
use platform::store::{
    Aggregate, Brand, Decide, Effect, Event, JournalItem, LoanChange, Loans, Numbers, Retry, Shard,
    StoreError, Tx,
};
use serde::Serialize;

use crate::rebuild::{Books, Reading, Report, difference, read};

const ACTION: &str = "rebuild:repair";
/// Who repairs where nobody is named.
const ACTOR: &str = "rebuild";

/// What a repair wrote.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Repaired {
    pub loans: Vec<LoanId>,
    pub shards: Vec<u16>,
    /// The other sums, by their keys: `F#2026-03#05`.
    pub sums: Vec<String>,
}

/// Who repairs, and why.
pub(crate) struct Author {
    actor: String,
    reason: Option<String>,
}

impl Author {
    pub fn new(actor: Option<String>, reason: Option<String>) -> Self {
        Self { actor: actor.unwrap_or_else(|| ACTOR.to_owned()), reason }
    }

    fn effect(&self, entity: impl ToString) -> Effect {
        Effect::new(self.actor.as_str(), ACTION, entity).reason(self.reason.clone())
    }
}

/// Repairs the loans, adds the shards up again and repairs those, and reports what is left.
/// A repair that finds nothing writes nothing.
pub(crate) async fn repair(
    deps: &Deps,
    brand: &Brand,
    author: &Author,
) -> Result<Report, StoreError> {
    let mut repaired = Repaired::default();
    let today = deps.today(brand);
    for loan in read(deps, brand).await?.loans {
        let decision = RepairLoan { deps, author, today };
        let loans = Loans::new(&deps.table);
        if loans.decide(brand, loan, today, deps.now(), &decision).await? == Some(true) {
            repaired.loans.push(loan);
        }
    }
    let mut retry = Retry::default();
    loop {
        let reading = read(deps, brand).await?;
        let shards = repair_shards(deps, brand, author, &reading, &mut repaired, today).await;
        let sums = match shards {
            Ok(()) => repair_sums(deps, brand, author, &reading, &mut repaired).await,
            error => error,
        };
        match sums {
            Ok(()) => break,
            // A payment moved the shard meanwhile: added up again.
            Err(error) => retry.pause(error).await?,
        }
    }
    let mut report = read(deps, brand).await?.report;
    report.repaired = Some(repaired);
    Ok(report)
}

/// A loan as its journal says, if it is not.
struct RepairLoan<'a> {
    deps: &'a Deps,
    author: &'a Author,
    today: Date,
}

impl Decide for RepairLoan<'_> {
    type Outcome = bool;
    type Error = StoreError;

    async fn decide<'x>(
        &self,
        change: &mut LoanChange,
        tx: Tx<'x>,
    ) -> Result<(bool, Tx<'x>), StoreError> {
        let record = &change.record;
        let books = Books::load(self.deps, record.brand, record.loan.id).await?;
        let Some(mut rebuilt) = books.rebuild(&record.loan, self.today) else {
            return Ok((false, tx));
        };
        if rebuilt.drift.is_empty() {
            return Ok((false, tx));
        }
        let mut effect = self.author.effect(record.loan.id);
        for drift in &rebuilt.drift {
            let found = difference(record, drift);
            effect = effect.before(&found.figure, found.stored).after(&found.figure, found.rebuilt);
        }
        let entry = rebuilt.adjust(&books.entries, self.today);
        let id = JournalEntryId::new(self.deps.ulid());
        change.record.loan = rebuilt.loan;
        let item = JournalItem::new(&change.record, id, self.deps.now(), effect, &[entry], None)?;
        change.journal(item);
        Ok((true, tx))
    }
}

/// Writes each shard that is not the sum of its loans, if it still is as it was read.
async fn repair_shards(
    deps: &Deps,
    brand: &Brand,
    author: &Author,
    reading: &Reading,
    repaired: &mut Repaired,
    today: Date,
) -> Result<(), StoreError> {
    let missing =
        |number: &&u16| !reading.stored_shards.iter().any(|shard| shard.shard == **number);
    let missing = reading.shards.keys().filter(missing);
    let missing = missing.map(|&number| Shard::empty(brand.id, number, today));
    for stored in reading.stored_shards.iter().cloned().chain(missing) {
        let sum = reading.shards.get(&stored.shard).copied().unwrap_or_default();
        if sum == stored.position {
            continue;
        }
        let mut effect = author.effect(format!("shard:{}", stored.shard));
        for (name, before, after) in differing(&stored.position, &sum) {
            effect = effect.before(name, before).after(name, after);
        }
        let event = Event::new(deps, Some(brand.id), effect);
        let mut shard = Shard { position: sum, updated_at: deps.now(), ..stored };
        let tx = deps.table.tx().replace("shard", &mut shard).create("event", &event);
        tx.commit().await?;
        repaired.shards.push(shard.shard);
    }
    Ok(())
}

/// Adds to each other sum what it lacks, if it still is as it was read.
async fn repair_sums(
    deps: &Deps,
    brand: &Brand,
    author: &Author,
    reading: &Reading,
    repaired: &mut Repaired,
) -> Result<(), StoreError> {
    let none = Numbers::new();
    let places: BTreeSet<_> = reading.stored_sums.keys().chain(reading.sums.keys()).collect();
    for place in places {
        let stored = reading.stored_sums.get(place).unwrap_or(&none);
        let rebuilt = reading.sums.get(place).unwrap_or(&none);
        let mut effect = author.effect(format!("sum:{place}"));
        let mut missing = Numbers::new();
        for name in stored.keys().chain(rebuilt.keys()) {
            let of = |numbers: &Numbers| numbers.get(name).copied().unwrap_or_default();
            let (stored, rebuilt) = (of(stored), of(rebuilt));
            if stored != rebuilt {
                missing.insert(name.clone(), rebuilt - stored);
                effect = effect.before(name, stored).after(name, rebuilt);
            }
        }
        if missing.is_empty() {
            continue;
        }
        let event = Event::new(deps, Some(brand.id), effect);
        let tx = deps.table.tx().create("event", &event);
        Aggregate::correct(&deps.table, tx, brand.id, place, stored, &missing, deps.now())
            .await?
            .commit()
            .await?;
        repaired.sums.push(place.to_string());
    }
    Ok(())
}

fn differing(
    stored: &Position,
    sum: &Position,
) -> impl Iterator<Item = (&'static str, Figure, Figure)> {
    let pairs = stored.fields().into_iter().zip(sum.fields());
    pairs.filter(|((_, a), (_, b))| a != b).map(|((name, a), (_, b))| (name, a, b))
}
