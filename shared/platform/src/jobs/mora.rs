//! The mora run: moves the shard's aggregates to the business date.
//!
//! Mora itself is a function of an invoice and a date, so no loan is written. What the night adds
//! to the brand's figures is the difference of every overdue loan's position between the shard's
//! last date and this one, however many days lie between them.

use crate::Deps;
use crate::store::{Brand, Consistency, LoanRecord, Shard, StoreError};
use domain::ledger::Position;
use jiff::civil::Date;
use serde::Serialize;

use super::scan::Scan;
use super::{Counts, Job, ShardError, ShardMessage, lines, overdue};

/// How often a shard is read again because a payment changed it in between.
const CLOSE_LIMIT_TRIES: u32 = 5;

/// The mora of one invoice, before and after, as the night's record keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Line {
    pub loan: String,
    pub invoice: u16,
    pub days_overdue: i64,
    pub mora_before: String,
    pub mora: String,
}

/// What a night adds to a shard.
struct Night {
    delta: Position,
    lines: Vec<Line>,
    loans: u64,
}

/// Brings the shard's figures to the date. The date's overdue run comes first: where it has not
/// been done in this shard, it is done now.
pub async fn run_shard(
    deps: &Deps,
    brand: &Brand,
    message: &ShardMessage,
) -> Result<Counts, ShardError> {
    let before = ShardMessage { job: Job::Overdue, ..message.clone() };
    overdue::run_shard(deps, brand, &before).await?;
    for _ in 0..CLOSE_LIMIT_TRIES {
        let Some(mut shard) = load(deps, brand, message.shard).await? else {
            return Ok(Counts::new());
        };
        if shard.as_of >= message.date {
            return Ok(Counts::new());
        }
        let night = measure(deps, brand, &shard, message.date).await?;
        lines::keep(deps, brand, message, &night.lines).await?;
        shard.position += night.delta;
        shard.as_of = message.date;
        shard.updated_at = deps.now();
        match deps.table.replace(&mut shard).await {
            Ok(()) => return Ok(counts(&night)),
            Err(error) if error.is_conflict() => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(ShardError::Busy { shard: message.shard })
}

/// What the night would add, without adding it.
pub async fn dry_run_shard(
    deps: &Deps,
    brand: &Brand,
    message: &ShardMessage,
) -> Result<Vec<Line>, ShardError> {
    match load(deps, brand, message.shard).await? {
        Some(shard) if shard.as_of < message.date => {
            Ok(measure(deps, brand, &shard, message.date).await?.lines)
        }
        _ => Ok(Vec::new()),
    }
}

async fn load(deps: &Deps, brand: &Brand, shard: u16) -> Result<Option<Shard>, StoreError> {
    deps.table.get(&Shard::key_of(brand.id, shard), Consistency::Strong).await
}

fn counts(night: &Night) -> Counts {
    Counts::from([
        ("loans", night.loans),
        ("invoices", u64::try_from(night.lines.len()).unwrap_or(u64::MAX)),
    ])
}

/// Adds up what the date changes, and checks on the way that the overdue loans add up to what the
/// shard says as of its last date: an index that lags, or a figure that drifted, ends the run.
async fn measure(
    deps: &Deps,
    brand: &Brand,
    shard: &Shard,
    date: Date,
) -> Result<Night, ShardError> {
    let mut night = Night { delta: Position::default(), lines: Vec::new(), loans: 0 };
    let mut counted = Position::default();
    let mut scan = Scan::due_before(&deps.table, brand, shard.shard, date, Consistency::Strong);
    while let Some(records) = scan.next_page().await? {
        for record in &records {
            let before = record.loan.position(shard.as_of);
            night.delta += record.loan.position(date);
            night.delta -= before;
            counted += before;
            night.loans += 1;
            night.lines.extend(lines_of(record, shard.as_of, date));
        }
    }
    match differences(&counted, &shard.position) {
        figures if figures.is_empty() => Ok(night),
        figures => Err(ShardError::Drift { shard: shard.shard, figures: figures.join(", ") }),
    }
}

/// The figures that only overdue loans contribute to, where they differ.
fn differences(counted: &Position, stored: &Position) -> Vec<String> {
    let counts = [
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
        loan: loan.id.to_string(),
        invoice: invoice.number,
        days_overdue: domain::invoices::days_between(invoice.due, date),
        mora_before: invoice.mora(before, &loan.terms).to_string(),
        mora: invoice.mora(date, &loan.terms).to_string(),
    })
}
