//! The overdue run: late fee and status of every invoice that is past its due date, once.

use crate::Deps;
use crate::store::{Brand, Consistency, Effect, JournalItem, LoanRecord, Loans};
use domain::ids::JournalEntryId;
use domain::invoices::Overdue;
use futures::{StreamExt, TryStreamExt};
use jiff::civil::Date;
use serde::Serialize;

use super::scan::Scan;
use super::{Counts, ShardError, ShardMessage, lines};

pub const ACTOR: &str = "job:overdue";
const CONCURRENT_LIMIT_LOANS: usize = 8;

/// One invoice that became overdue, as the night's record keeps it and as a dry run shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Line {
    pub loan: String,
    pub invoice: u16,
    pub due: Date,
    pub late_fee: String,
}

/// Charges what is to be charged in the shard.
pub async fn run_shard(
    deps: &Deps,
    brand: &Brand,
    message: &ShardMessage,
) -> Result<Counts, ShardError> {
    let mut lines = Vec::new();
    let mut loans = 0;
    let mut scan =
        Scan::due_before(&deps.table, brand, message.shard, message.date, Consistency::Eventual);
    while let Some(records) = scan.next_page().await? {
        let pending = records.into_iter().filter(|record| !fallen(record, message.date).is_empty());
        let charged: Vec<Vec<Line>> = futures::stream::iter(pending)
            .map(|record| charge(deps, brand, record, message.date))
            .buffer_unordered(CONCURRENT_LIMIT_LOANS)
            .try_collect()
            .await?;
        loans += charged.iter().filter(|lines| !lines.is_empty()).count();
        lines.extend(charged.into_iter().flatten());
    }
    lines.sort_by(|a, b| (&a.loan, a.invoice).cmp(&(&b.loan, b.invoice)));
    let counts = Counts::from([
        ("loans", u64::try_from(loans).unwrap_or(u64::MAX)),
        ("invoices", u64::try_from(lines.len()).unwrap_or(u64::MAX)),
    ]);
    lines::keep(deps, brand, message, &lines).await?;
    Ok(counts)
}

/// What the shard would be charged, without charging it.
pub async fn dry_run_shard(
    deps: &Deps,
    brand: &Brand,
    message: &ShardMessage,
) -> Result<Vec<Line>, ShardError> {
    let mut lines = Vec::new();
    let mut scan =
        Scan::due_before(&deps.table, brand, message.shard, message.date, Consistency::Eventual);
    while let Some(records) = scan.next_page().await? {
        for record in &records {
            lines.extend(fallen(record, message.date).iter().map(|overdue| line(record, overdue)));
        }
    }
    Ok(lines)
}

/// The invoices that a run for the date would charge.
fn fallen(record: &LoanRecord, date: Date) -> Vec<Overdue> {
    record.loan.clone().advance(date).outcome
}

fn line(record: &LoanRecord, overdue: &Overdue) -> Line {
    Line {
        loan: record.loan.id.to_string(),
        invoice: overdue.invoice,
        due: overdue.due,
        late_fee: overdue.late_fee.to_string(),
    }
}

/// Charges one loan: its item and one journal item, together. Figures of the shard do not move:
/// a position as of a date counts what is overdue by the due dates.
async fn charge(
    deps: &Deps,
    brand: &Brand,
    record: LoanRecord,
    date: Date,
) -> Result<Vec<Line>, ShardError> {
    let loans = Loans::new(&deps.table);
    let lines = loans
        .change(brand, record.loan.id, date, deps.now(), async |change, tx| {
            let advanced = change.record.loan.advance(date);
            let lines: Vec<Line> =
                advanced.outcome.iter().map(|overdue| line(&change.record, overdue)).collect();
            if !advanced.entries.is_empty() {
                let id = JournalEntryId::new(deps.ulid());
                let effect = Effect::new(ACTOR, "invoices:overdue", change.record.loan.id);
                let item = JournalItem::new(
                    &change.record,
                    id,
                    deps.now(),
                    effect,
                    &advanced.entries,
                    None,
                )?;
                change.journal(item);
            }
            Ok::<_, ShardError>((lines, tx))
        })
        .await?;
    Ok(lines.unwrap_or_default())
}
