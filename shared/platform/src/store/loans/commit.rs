use std::time::Duration;

use domain::calendar::Month;
use domain::crm::OwnerTally;
use domain::ids::{BrandId, LoanId};
use domain::invoices::Invoice;
use domain::ledger::{Command, Flows, Position, carried_by_month, due_by_month, flows_by_month};
use domain::loans::loan::Loan;
use domain::loans::status::Stage;
use jiff::Timestamp;
use jiff::civil::Date;

use super::journal::JournalItem;
use super::record::LoanRecord;
use crate::store::shard::Shard;
use crate::store::{
    Additions, Brand, Condition, Consistency, Dimension, Range, StoreError, Table, Tx,
};

/// How often a money change is tried again from its reading, when another got in between.
pub const MONEY_LIMIT_TRIES: u32 = 12;
const RETRY_BASE_MILLIS: u64 = 15;
const RETRY_CEILING_MILLIS: u64 = 1_000;
/// The longest journal that is read to restate a loan.
const JOURNAL_LIMIT_ITEMS: usize = 5_000;

/// The loans of the table.
#[derive(Debug, Clone, Copy)]
pub struct Loans<'t> {
    table: &'t Table,
}

/// A loan as it was read, with the shard that it is counted in, and what it becomes.
#[derive(Debug)]
pub struct LoanChange {
    /// The loan as it will be stored.
    pub record: LoanRecord,
    /// As it was read; `None` for a new one.
    before: Option<LoanRecord>,
    shard: Shard,
    counted: Position,
    journal: Vec<JournalItem>,
    also: Vec<Self>,
}

impl LoanChange {
    /// Adds the change of another loan of the same brand, to be written with this one.
    pub fn also(&mut self, other: Self) {
        self.also.push(other);
    }

    /// Adds a journal item of the change.
    pub fn journal(&mut self, item: JournalItem) {
        self.journal.push(item);
    }

    /// Whether there is nothing to write.
    pub fn is_unchanged(&self) -> bool {
        self.journal.is_empty()
            && self.before.as_ref() == Some(&self.record)
            && self.also.iter().all(Self::is_unchanged)
    }

    /// This change and those that go with it, each by itself.
    fn apart(mut self) -> Vec<Self> {
        let also = std::mem::take(&mut self.also);
        let others = also.into_iter().flat_map(Self::apart);
        std::iter::once(self).chain(others).collect()
    }
}

impl<'t> Loans<'t> {
    pub const fn new(table: &'t Table) -> Self {
        Self { table }
    }

    /// The loan, for a screen: one read of half a unit.
    pub async fn get(
        &self,
        brand: BrandId,
        loan: LoanId,
    ) -> Result<Option<LoanRecord>, StoreError> {
        self.table.get(&LoanRecord::key_of(brand, loan), Consistency::Eventual).await
    }

    /// The loan and its shard as they are now, to be changed.
    pub async fn load(
        &self,
        brand: &Brand,
        loan: LoanId,
        today: Date,
    ) -> Result<Option<LoanChange>, StoreError> {
        let key = LoanRecord::key_of(brand.id, loan);
        let Some(record) = self.table.get::<LoanRecord>(&key, Consistency::Strong).await? else {
            return Ok(None);
        };
        let shard = Shard::load(self.table, brand, record.shard, today).await?;
        let counted = record.loan.position(shard.as_of);
        let before = Some(record.clone());
        Ok(Some(LoanChange {
            record,
            before,
            shard,
            counted,
            journal: Vec::new(),
            also: Vec::new(),
        }))
    }

    /// A loan that does not exist yet.
    pub async fn begin(
        &self,
        brand: &Brand,
        record: LoanRecord,
        today: Date,
    ) -> Result<LoanChange, StoreError> {
        let shard = Shard::load(self.table, brand, record.shard, today).await?;
        let counted = Position::default();
        Ok(LoanChange {
            record,
            before: None,
            shard,
            counted,
            journal: Vec::new(),
            also: Vec::new(),
        })
    }

    /// Adds the writes of a change to a transaction: the loan if it still is as it was read, the
    /// journal, and the difference to the shard if the shard still is as of the same date; the same
    /// for each loan that changes with it. Loans of one shard move it by one write.
    ///
    /// The labels are `loan`, `journal` and `shard`; a conflict on `loan` or `shard` means that
    /// the change must be made again from its reading.
    ///
    /// # Errors
    /// A conflict on `shard` where the shard's date moved between the readings of two loans.
    pub fn write<'x>(
        &self,
        tx: Tx<'x>,
        change: LoanChange,
        at: Timestamp,
    ) -> Result<Tx<'x>, StoreError> {
        let mut tx = tx;
        let mut moved: Vec<(Shard, Position)> = Vec::new();
        let mut additions = Additions::default();
        let brand = change.record.brand;
        for change in change.apart() {
            if change.is_unchanged() {
                continue;
            }
            count(&change, &mut additions)?;
            let (shard, delta);
            (tx, shard, delta) = write_loan(tx, change)?;
            match moved.iter_mut().find(|(known, _)| known.shard == shard.shard) {
                None => moved.push((shard, delta)),
                Some((known, _)) if known.as_of != shard.as_of => {
                    return Err(StoreError::Conflict { operations: vec!["shard"] });
                }
                Some((_, sum)) => *sum += delta,
            }
        }
        for (shard, delta) in moved {
            if delta != Position::default() {
                tx = write_shard(tx, &shard, &delta, at)?;
            }
        }
        additions.write(tx, brand, at)
    }

    /// Reads the loan, lets `decide` change it and add writes of its own, and writes all of it
    /// together; starts again from the reading where another change got in between. `None` where
    /// there is no such loan. Where `decide` changes nothing and adds no writes, nothing is written.
    pub async fn change<T, E: From<StoreError>>(
        &self,
        brand: &Brand,
        loan: LoanId,
        today: Date,
        at: Timestamp,
        decide: impl AsyncFn(&mut LoanChange, Tx<'t>) -> Result<(T, Tx<'t>), E>,
    ) -> Result<Option<T>, E> {
        let mut retry = Retry::default();
        loop {
            let Some(mut change) = self.load(brand, loan, today).await? else { return Ok(None) };
            let (outcome, tx) = decide(&mut change, self.table.tx()).await?;
            let written = match self.write(tx, change, at) {
                Ok(tx) => tx.commit().await,
                Err(error) => Err(error),
            };
            match written {
                Ok(()) => return Ok(Some(outcome)),
                Err(error) => retry.pause(error).await?,
            }
        }
    }

    /// [`Self::change`] by a decision that is a value, for callers whose future must be `Send`.
    pub async fn decide<D: Decide>(
        &self,
        brand: &Brand,
        loan: LoanId,
        today: Date,
        at: Timestamp,
        decision: &D,
    ) -> Result<Option<D::Outcome>, D::Error> {
        let mut retry = Retry::default();
        loop {
            let Some(mut change) = self.load(brand, loan, today).await? else { return Ok(None) };
            let (outcome, tx) = decision.decide(&mut change, self.table.tx()).await?;
            let written = match self.write(tx, change, at) {
                Ok(tx) => tx.commit().await,
                Err(error) => Err(error),
            };
            match written {
                Ok(()) => return Ok(Some(outcome)),
                Err(error) => retry.pause(error).await?,
            }
        }
    }

    /// The loan's journal in posting order, whole.
    pub async fn journal(
        &self,
        brand: BrandId,
        loan: LoanId,
    ) -> Result<Vec<JournalItem>, StoreError> {
        let range = Range::partition(LoanRecord::partition(brand, loan))
            .prefix(JournalItem::SORT_PREFIX)
            .consistency(Consistency::Strong);
        self.table.query_all(&range, JOURNAL_LIMIT_ITEMS).await
    }

    /// What a loan's state is the fold of: the loan after its activation, and every command since.
    pub async fn history(
        &self,
        brand: BrandId,
        loan: LoanId,
    ) -> Result<(Loan, Vec<Command>), StoreError> {
        let journal = self.journal(brand, loan).await?;
        let mut opening = None;
        let mut commands = Vec::new();
        for item in &journal {
            if let Some(loan) = item.opening()? {
                opening = Some(loan);
            }
            commands.extend(item.commands()?);
        }
        let opening = opening.ok_or_else(|| StoreError::Corrupt(format!("{loan}: no opening")))?;
        Ok((opening, commands))
    }

    /// Every invoice of the loan, those that left its item included, in order.
    pub async fn invoices(&self, record: &LoanRecord) -> Result<Vec<Invoice>, StoreError> {
        let mut invoices = record.loan.invoices.clone();
        if record.loan.evicted.last_number > 0 {
            for item in self.journal(record.brand, record.loan.id).await? {
                for invoice in item.evicted(record.loan.terms.currency)? {
                    // A restated loan holds again what had left it; what the loan holds is newer,
                    // and so is a later journal item.
                    match invoices.iter_mut().find(|held| held.number == invoice.number) {
                        Some(held) if invoice.number <= record.loan.evicted.last_number => {
                            *held = invoice
                        }
                        Some(_) => {}
                        None => invoices.push(invoice),
                    }
                }
            }
            invoices.sort_by_key(|invoice| invoice.number);
        }
        Ok(invoices)
    }
}

/// What a change adds to the sums by month, by due date and by owner.
fn count(change: &LoanChange, additions: &mut Additions) -> Result<(), StoreError> {
    let (before, after) = (change.before.as_ref(), &change.record);
    let shard = after.shard;
    let owned = |record: &LoanRecord| (record.owner, OwnerTally::of_loan(&record.loan));
    additions.move_loan(shard, before.map(owned), owned(after));
    let mut commands = Vec::new();
    for item in &change.journal {
        let posted = item.commands()?;
        if let Some(opening) = item.opening()? {
            let each = posted.iter().map(std::slice::from_ref);
            additions.add_flows(shard, &flows_by_month(&opening, each));
            additions.add_due(shard, &due_by_month(&opening.invoices));
            return Ok(());
        }
        commands.extend(posted);
    }
    let Some(before) = before else { return Ok(()) };
    if let Some(on) = commands.last().map(Command::on) {
        let flows = Flows::between(before.loan.flows(), after.loan.flows(), &commands);
        additions.add(Dimension::Month(Month::of(on)), shard, &flows);
    }
    if before.loan.stage != after.loan.stage && after.loan.stage == Stage::Renegotiated {
        additions.subtract_due(shard, &carried_by_month(&after.loan.invoices));
    }
    Ok(())
}

/// Adds the writes of one loan; returns what its shard changes by.
fn write_loan(tx: Tx<'_>, change: LoanChange) -> Result<(Tx<'_>, Shard, Position), StoreError> {
    let LoanChange { mut record, before, shard, counted, mut journal, .. } = change;
    let mut delta = record.loan.position(shard.as_of);
    delta -= counted;
    let left = record.slim()?;
    let currency = record.loan.terms.currency;
    match journal.pop() {
        Some(last) => {
            let last = last.with_evicted(&left, currency)?;
            // A contract that comes from another system already over is not news.
            journal.push(match &before {
                Some(before) => last.with_clear(&before.loan, &record.loan),
                None => last,
            });
        }
        None if left.is_empty() => {}
        None => {
            return Err(StoreError::Refused("invoices left without a journal item".to_owned()));
        }
    }
    let mut tx = tx.replace("loan", &mut record);
    for item in &journal {
        tx = tx.create("journal", item);
    }
    Ok((tx, shard, delta))
}

fn write_shard<'x>(
    tx: Tx<'x>,
    shard: &Shard,
    delta: &Position,
    at: Timestamp,
) -> Result<Tx<'x>, StoreError> {
    let condition =
        if shard.version == 0 { Condition::absent() } else { Condition::equals("d", shard.as_of)? };
    let update = shard.addition(delta, at)?;
    Ok(tx.update("shard", &Shard::key_of(shard.brand, shard.shard), &update, &condition))
}

/// A change of a loan: made again from the loan's reading where another change got in between.
pub trait Decide: Sync {
    type Outcome: Send;
    type Error: From<StoreError> + Send;

    /// Changes the loan and adds writes of its own, or refuses.
    fn decide<'x>(
        &self,
        change: &mut LoanChange,
        tx: Tx<'x>,
    ) -> impl Future<Output = Result<(Self::Outcome, Tx<'x>), Self::Error>> + Send;
}

/// Paces the tries of a change that others get in the way of.
#[derive(Debug, Default)]
pub struct Retry {
    tries: u32,
}

impl Retry {
    /// Waits, with jitter, where the error is one that a new try can mend; returns the error where
    /// it is not, or where the tries are used up.
    pub async fn pause(&mut self, error: StoreError) -> Result<(), StoreError> {
        let mendable = error.is_transient()
            || error.is_conflict_on("loan")
            || error.is_conflict_on("shard")
            || error.is_conflict_on("journal")
            || error.is_conflict_on("head")
            || error.is_conflict_on("aggregate");
        self.tries += 1;
        if !mendable || self.tries >= MONEY_LIMIT_TRIES {
            return Err(error);
        }
        let ceiling = (RETRY_BASE_MILLIS << self.tries.min(6)).min(RETRY_CEILING_MILLIS);
        tokio::time::sleep(Duration::from_millis(rand::random_range(1..=ceiling))).await;
        Ok(())
    }
}
