//! The mora run: moves the shard's aggregates to the business date.
//!
//! Mora itself is a function of an invoice and a date, so no loan is written. What the night adds
//! to the brand's figures is the difference of every overdue loan's position between the shard's
//! last date and this one, however many days lie between them.

use std::time::Duration;

use domain::ids::LoanId;
use domain::ledger::Position;
use jiff::civil::Date;
use serde::Serialize;

use super::lines::{self, LinesKey};
use super::scan::Scan;
use super::{Counts, Job, ShardError, ShardMessage, overdue};
use crate::Deps;
use crate::store::{Brand, Consistency, LoanRecord, Range, Retry, Shard, StoreError};

/// How often a shard is added up again because its figures differ from its loans': the index may
/// be behind the table for moments.
const LAG_LIMIT_TRIES: u32 = 4;
const LAG_PAUSE_MILLIS: u64 = 50;
const LOANS: &str = "loans";
const INVOICES: &str = "invoices";

/// The mora of one invoice, before and after, as the night's record keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Line {
    pub loan: LoanId,
    pub invoice: u16,
    pub days_overdue: i64,
    pub mora_before: String,
    pub mora: String,
}

/// What a night adds to a shard.
#[derive(Debug, Default)]
struct Night {
    delta: Position,
    lines: Vec<Line>,
    loans: u64,
    /// Whether the overdue run of the date has not been done for some of the loans.
    is_pending: bool,
}

/// Brings the shard's figures to the date. The date's overdue run comes first: where it has not
/// been done in this shard, it is done now.
pub async fn run_shard(
    deps: &Deps,
    brand: &Brand,
    message: &ShardMessage,
) -> Result<Counts, ShardError> {
    let mut retry = Retry::default();
    loop {
        let Some((mut shard, night)) = settle(deps, brand, message).await? else {
            let recorded = lines::recorded(deps, message, &[LOANS, INVOICES]).await?;
            return Ok(recorded.unwrap_or_default());
        };
        if night.is_pending {
            let before = ShardMessage { job: Job::Overdue, ..message.clone() };
            overdue::run_shard(deps, brand, &before).await?;
        }
        let invoices = u64::try_from(night.lines.len()).unwrap_or(u64::MAX);
        let counts = Counts::from([(LOANS, night.loans), (INVOICES, invoices)]);
        shard.position += night.delta;
        shard.as_of = message.date;
        shard.updated_at = deps.now();
        match close(deps, brand, message, &mut shard, &night.lines, &counts).await {
            Ok(()) => return Ok(counts),
            Err(ShardError::Store(error)) => retry.pause(error).await?,
            Err(error) => return Err(error),
        }
    }
}

/// What the night would add, without adding it.
pub async fn dry_run_shard(
    deps: &Deps,
    brand: &Brand,
    message: &ShardMessage,
) -> Result<Vec<Line>, ShardError> {
    Ok(settle(deps, brand, message).await?.map(|(_, night)| night.lines).unwrap_or_default())
}

/// Writes the figures and, where there is something to tell, its event in the same transaction: a
/// shard is never closed without its record, and has one record however often it is tried.
async fn close(
    deps: &Deps,
    brand: &Brand,
    message: &ShardMessage,
    shard: &mut Shard,
    night: &[Line],
    counts: &Counts,
) -> Result<(), ShardError> {
    if night.is_empty() {
        return Ok(deps.table.replace(shard).await?);
    }
    let key = LinesKey::of_content(message, night)?;
    lines::put(deps, &key, night).await?;
    let event = lines::event(deps, brand, message, &key, counts);
    let tx = deps.table.tx().replace("shard", &mut shard.clone()).create("event", &event);
    match tx.commit().await {
        // The same night was recorded before somebody set the figures back.
        Err(error) if error.is_conflict_on("event") && !error.is_conflict_on("shard") => {
            Ok(deps.table.replace(shard).await?)
        }
        result => Ok(result?),
    }
}

/// The shard as of an earlier date with what the night adds to it; `None` where the night is done
/// or the shard has no loans.
///
/// The loans must add up to what the shard says as of its last date. Where they do not and nobody
/// changed the shard meanwhile, the index may lag; past a few tries it is a drift.
async fn settle(
    deps: &Deps,
    brand: &Brand,
    message: &ShardMessage,
) -> Result<Option<(Shard, Night)>, ShardError> {
    let mut lag = 0;
    let mut retry = Retry::default();
    loop {
        let Some(shard) = load(deps, brand, message.shard).await? else { return Ok(None) };
        if shard.as_of >= message.date {
            return Ok(None);
        }
        let (night, figures) = measure(deps, brand, &shard, message.date).await?;
        if figures.is_empty() {
            return Ok(Some((shard, night)));
        }
        let now = load(deps, brand, message.shard).await?;
        if now.is_none_or(|now| now.version != shard.version) {
            retry.pause(StoreError::Contention).await?;
            continue;
        }
        lag += 1;
        if lag == LAG_LIMIT_TRIES {
            let figures = figures.join(", ");
            return Err(ShardError::Drift { shard: message.shard, figures });
        }
        tokio::time::sleep(Duration::from_millis(LAG_PAUSE_MILLIS << lag)).await;
    }
}

async fn load(deps: &Deps, brand: &Brand, shard: u16) -> Result<Option<Shard>, StoreError> {
    deps.table.get(&Shard::key_of(brand.id, shard), Consistency::Strong).await
}

/// Adds up what the date changes, and what differs on the way between the shard as of its last
/// date and its loans.
async fn measure(
    deps: &Deps,
    brand: &Brand,
    shard: &Shard,
    date: Date,
) -> Result<(Night, Vec<String>), ShardError> {
    let mut night = Night::default();
    let mut counted = Position::default();
    let mut scan = Scan::due_before(&deps.table, brand, shard.shard, date, Consistency::Strong);
    while let Some(records) = scan.next_page().await? {
        for record in &records {
            let before = record.loan.position(shard.as_of);
            night.delta += record.loan.position(date);
            night.delta -= before;
            counted += before;
            night.loans += 1;
            night.is_pending |= overdue::is_pending(record, date);
            night.lines.extend(lines_of(record, shard.as_of, date));
        }
    }
    // Only this tells that the index lacks a loan that became overdue since the last date.
    let due = Range::due(LoanRecord::due_partition(brand.id, shard.shard));
    let indexed = deps.table.count_keys(&due).await?;
    counted.active_loans = i64::try_from(indexed).unwrap_or(i64::MAX);
    let figures = differences(&counted, &shard.position);
    Ok((night, figures))
}

/// The figures that the index and the overdue loans give, where they differ.
fn differences(counted: &Position, stored: &Position) -> Vec<String> {
    let counts = [
        ("active loans", counted.active_loans, stored.active_loans),
        ("overdue loans", counted.overdue_loans, stored.overdue_loans),
        ("overdue invoices", counted.overdue_invoices, stored.overdue_invoices),
    ];
    let amounts = [
        ("overdue value", counted.overdue_value, stored.overdue_value),
        ("late fees", counted.late_fees_owed, stored.late_fees_owed),
        ("mora", counted.mora_owed, stored.mora_owed),
    ];
    let counts = counts
        .into_iter()
        .filter(|(_, counted, stored)| counted != stored)
        .map(|(name, counted, stored)| format!("{name} {counted} against {stored}"));
    let amounts = amounts
        .into_iter()
        .filter(|(_, counted, stored)| counted != stored)
        .map(|(name, counted, stored)| format!("{name} {counted} against {stored}"));
    counts.chain(amounts).collect()
}

fn lines_of(record: &LoanRecord, before: Date, date: Date) -> impl Iterator<Item = Line> {
    let loan = &record.loan;
    loan.open_invoices().filter(move |invoice| invoice.is_overdue(date)).map(move |invoice| Line {
        loan: loan.id,
        invoice: invoice.number,
        days_overdue: domain::invoices::days_between(invoice.due, date),
        mora_before: invoice.mora(before, &loan.terms).to_string(),
        mora: invoice.mora(date, &loan.terms).to_string(),
    })
}
