//! The overdue run: late fee and status of every invoice that is past its due date, once.
//!
//! The lines of what is to be charged are kept before anything is charged, and the shard's event is
//! recorded after, so that a run cut off at any point is finished by the next one with one complete
//! record of both.

use std::collections::BTreeMap;

use domain::ids::{JournalEntryId, LoanId};
use domain::invoices::Overdue;
use futures::{StreamExt, TryStreamExt};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::lines::{self, LinesKey};
use super::scan::Scan;
use super::{Counts, ShardError, ShardMessage};
use crate::Deps;
use crate::store::{Brand, Consistency, Effect, JournalItem, LoanRecord, Loans, Retry};

pub const ACTOR: &str = "job:overdue";
const CONCURRENT_LIMIT_LOANS: usize = 8;
const LOANS: &str = "loans";
const INVOICES: &str = "invoices";

/// One invoice that became overdue, as the night's record keeps it and as a dry run shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Line {
    pub loan: LoanId,
    pub invoice: u16,
    pub due: Date,
    pub late_fee: String,
}

impl Line {
    fn new(loan: LoanId, overdue: &Overdue) -> Self {
        let Overdue { invoice, due, late_fee } = *overdue;
        Self { loan, invoice, due, late_fee: late_fee.to_string() }
    }
}

/// Lines by loan and invoice: each invoice has one.
type Lines = BTreeMap<(LoanId, u16), Line>;

/// Charges what is to be charged in the shard.
pub async fn run_shard(
    deps: &Deps,
    brand: &Brand,
    message: &ShardMessage,
) -> Result<Counts, ShardError> {
    let due = pending(deps, brand, message).await?;
    let recorded = lines::recorded(deps, message, &[LOANS, INVOICES]).await?;
    let (key, begun) = match &recorded {
        // A later run that finds more to do has a place of its own.
        Some(_) if !due.is_empty() => (LinesKey::of_content(message, &all(&due))?, Lines::new()),
        Some(counts) => return Ok(counts.clone()),
        None => {
            let key = LinesKey::of_shard(message);
            let begun = by_invoice(lines::get(deps, &key).await?);
            (key, begun)
        }
    };
    let mut intended = begun.clone();
    intended.extend(due.iter().flat_map(|(_, lines)| by_invoice(lines.clone())));
    if intended.is_empty() {
        return Ok(Counts::new());
    }
    if intended != begun {
        lines::put(deps, &key, &values(&intended)).await?;
    }
    let charged: Vec<Vec<Line>> = futures::stream::iter(due)
        .map(|(loan, lines)| charge(deps, brand, loan, lines, message.date))
        .buffer_unordered(CONCURRENT_LIMIT_LOANS)
        .try_collect()
        .await?;
    let mut done = begun;
    done.extend(by_invoice(charged.into_iter().flatten().collect()));
    if done != intended {
        lines::put(deps, &key, &values(&done)).await?;
    }
    let counts = counts(&done);
    if !done.is_empty() {
        lines::record(deps, &lines::event(deps, brand, message, &key, &counts)).await?;
    }
    Ok(counts)
}

/// What the shard would be charged, without charging it.
pub async fn dry_run_shard(
    deps: &Deps,
    brand: &Brand,
    message: &ShardMessage,
) -> Result<Vec<Line>, ShardError> {
    Ok(values(&by_invoice(all(&pending(deps, brand, message).await?))))
}

/// Whether a run for the date would charge the loan.
pub(super) fn is_pending(record: &LoanRecord, date: Date) -> bool {
    !record.loan.clone().advance(date).outcome.is_empty()
}

/// The loans that a run for the date would charge, with what it would charge.
async fn pending(
    deps: &Deps,
    brand: &Brand,
    message: &ShardMessage,
) -> Result<Vec<(LoanId, Vec<Line>)>, ShardError> {
    let ShardMessage { shard, date, .. } = *message;
    let mut pending = Vec::new();
    let mut scan = Scan::due_before(&deps.table, brand, shard, date, Consistency::Eventual);
    while let Some(records) = scan.next_page().await? {
        for record in records {
            let id = record.loan.id;
            let fallen = record.loan.clone().advance(date).outcome;
            if !fallen.is_empty() {
                pending.push((id, fallen.iter().map(|overdue| Line::new(id, overdue)).collect()));
            }
        }
    }
    Ok(pending)
}

fn all(due: &[(LoanId, Vec<Line>)]) -> Vec<Line> {
    due.iter().flat_map(|(_, lines)| lines.clone()).collect()
}

fn by_invoice(lines: Vec<Line>) -> Lines {
    lines.into_iter().map(|line| ((line.loan, line.invoice), line)).collect()
}

fn values(lines: &Lines) -> Vec<Line> {
    lines.values().cloned().collect()
}

fn counts(lines: &Lines) -> Counts {
    let loans: std::collections::BTreeSet<LoanId> = lines.keys().map(|(loan, _)| *loan).collect();
    let count = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
    Counts::from([(LOANS, count(loans.len())), (INVOICES, count(lines.len()))])
}

/// Charges one loan: its item and one journal item, together. Figures of the shard do not move:
/// a position as of a date counts what is overdue by the due dates.
///
/// Returns what is charged now: by this call, or as intended by another that was quicker.
async fn charge(
    deps: &Deps,
    brand: &Brand,
    loan: LoanId,
    intended: Vec<Line>,
    date: Date,
) -> Result<Vec<Line>, ShardError> {
    let loans = Loans::new(&deps.table);
    let mut retry = Retry::default();
    // Not `Loans::change`: the compiler cannot tell that its closure is `Send` inside a stream.
    loop {
        let Some(mut change) = loans.load(brand, loan, date).await? else { return Ok(Vec::new()) };
        let advanced = change.record.loan.advance(date);
        if !advanced.entries.is_empty() {
            let id = JournalEntryId::new(deps.ulid());
            let effect = Effect::new(ACTOR, "invoices:overdue", loan);
            let (entries, at) = (&advanced.entries, deps.now());
            change.journal(JournalItem::new(&change.record, id, at, effect, entries, None)?);
        }
        let now = advanced.outcome.iter().map(|overdue| Line::new(loan, overdue));
        let before = intended.iter().filter(|line| is_charged(&change.record, line)).cloned();
        let lines = by_invoice(now.chain(before).collect());
        match loans.write(deps.table.tx(), change, deps.now())?.commit().await {
            Ok(()) => return Ok(values(&lines)),
            Err(error) => retry.pause(error).await?,
        }
    }
}

fn is_charged(record: &LoanRecord, line: &Line) -> bool {
    let invoice = record.loan.invoice(line.invoice);
    invoice.is_some_and(|invoice| {
        invoice.mora_since.is_some() && invoice.late_fee.to_string() == line.late_fee
    })
}
