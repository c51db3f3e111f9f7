//! The overdue run: late fee and status of every invoice that is past its due date, once.
//!
//! See [`lines`] for what makes a run that is cut off finish with one complete record.

use std::collections::BTreeSet;

use domain::ids::{JournalEntryId, LoanId};
use domain::invoices::Overdue;
use futures::{StreamExt, TryStreamExt};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::lines::{self, Opened};
use super::scan::Scan;
use super::{Counts, ShardError, ShardMessage};
use crate::Deps;
use crate::store::{Brand, Consistency, Effect, JournalItem, LoanRecord, Loans, Retry};
use crate::telemetry::{self, Measure};

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

impl lines::Line for Line {
    type Id = (LoanId, u16);
    const COUNTS: &'static [&'static str] = &[LOANS, INVOICES];

    fn id(&self) -> Self::Id {
        (self.loan, self.invoice)
    }

    fn counts(lines: &[Self]) -> Counts {
        let loans: BTreeSet<LoanId> = lines.iter().map(|line| line.loan).collect();
        let count = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
        Counts::from([(LOANS, count(loans.len())), (INVOICES, count(lines.len()))])
    }
}

/// Charges what is to be charged in the shard.
pub async fn run_shard(
    deps: &Deps,
    brand: &Brand,
    message: &ShardMessage,
) -> Result<Counts, ShardError> {
    let due = pending(deps, brand, message).await?;
    let book = match lines::open(deps, message, all(&due)).await? {
        Opened::Book(book) => book,
        Opened::Done(counts) => return Ok(counts),
    };
    let charged: Vec<Charged> = futures::stream::iter(due)
        .map(|(loan, lines)| charge(deps, brand, loan, lines, message.date))
        .buffer_unordered(CONCURRENT_LIMIT_LOANS)
        .try_collect()
        .await?;
    let sum = |of: fn(&Charged) -> u64| charged.iter().map(of).sum();
    let measures = [
        Measure::count("OverdueInvoices", sum(|charged| charged.invoices)),
        Measure::count("LateFees", sum(|charged| charged.late_fees)),
    ];
    telemetry::measure(brand.id, &measures);
    book.close(deps, brand, message, charged.into_iter().flat_map(|charged| charged.lines)).await
}

/// What the shard would be charged, without charging it.
pub async fn dry_run_shard(
    deps: &Deps,
    brand: &Brand,
    message: &ShardMessage,
) -> Result<Vec<Line>, ShardError> {
    let mut lines = all(&pending(deps, brand, message).await?);
    lines.sort_by_key(lines::Line::id);
    Ok(lines)
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

/// What became of a loan.
#[derive(Debug, Default)]
struct Charged {
    /// What is charged now: by this call, or as intended by another that was quicker.
    lines: Vec<Line>,
    /// Invoices that this call made overdue, and late fees that it charged.
    invoices: u64,
    late_fees: u64,
}

/// Charges one loan: its item and one journal item, together. Figures of the shard do not move:
/// a position as of a date counts what is overdue by the due dates.
async fn charge(
    deps: &Deps,
    brand: &Brand,
    loan: LoanId,
    intended: Vec<Line>,
    date: Date,
) -> Result<Charged, ShardError> {
    let loans = Loans::new(&deps.table);
    let mut retry = Retry::default();
    // Not `Loans::change`: the compiler cannot tell that its closure is `Send` inside a stream.
    loop {
        let Some(mut change) = loans.load(brand, loan, date).await? else {
            return Ok(Charged::default());
        };
        let advanced = change.record.loan.advance(date);
        if !advanced.entries.is_empty() {
            let id = JournalEntryId::new(deps.ulid());
            let effect = Effect::new(ACTOR, "invoices:overdue", loan);
            let (entries, at) = (&advanced.entries, deps.now());
            change.journal(JournalItem::new(&change.record, id, at, effect, entries, None)?);
        }
        let now = advanced.outcome.iter().map(|overdue| Line::new(loan, overdue));
        let before = intended.iter().filter(|line| is_charged(&change.record, line)).cloned();
        let count = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
        let fees = advanced.outcome.iter().filter(|overdue| overdue.late_fee.is_positive());
        let charged = Charged {
            lines: now.chain(before).collect(),
            invoices: count(advanced.outcome.len()),
            late_fees: count(fees.count()),
        };
        match loans.write(deps.table.tx(), change, deps.now())?.commit().await {
            Ok(()) => return Ok(charged),
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
