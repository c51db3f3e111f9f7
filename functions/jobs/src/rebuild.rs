//! `job-rebuild`: recomputes every figure of a brand from its journals and reports what differs.
//!
//! It writes nothing.

use std::collections::BTreeMap;

use domain::ids::BrandId;
use domain::ledger::{Drift, DriftOf, Figure, Position};
use jiff::civil::Date;
use platform::Deps;
use platform::jobs::{JobError, JobInput, resolve};
use platform::store::{Brand, Consistency, LoanRecord, Loans, Range, Shard, StoreError};
use serde::Serialize;

const PAGE_LIMIT_LOANS: usize = 100;
/// A brand that payments change while it is added up is added up again.
const CHECK_LIMIT_TRIES: u32 = 3;
/// The differences that a report names; past them it only counts.
const REPORT_LIMIT_DIFFERENCES: usize = 100;

/// What a rebuild found.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    pub brand_id: BrandId,
    pub loans: u64,
    pub journal_items: u64,
    /// The number of differences.
    pub drift: u64,
    /// The first of them.
    pub differences: Vec<Difference>,
}

/// A figure that is not what the journal says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Difference {
    /// `loan_…`, or `shard 3`.
    pub record: String,
    pub figure: String,
    pub stored: String,
    pub rebuilt: String,
}

impl Report {
    fn empty(brand_id: BrandId) -> Self {
        Self { brand_id, loans: 0, journal_items: 0, drift: 0, differences: Vec::new() }
    }

    fn add(&mut self, difference: Difference) {
        self.drift += 1;
        if self.differences.len() < REPORT_LIMIT_DIFFERENCES {
            self.differences.push(difference);
        }
    }
}

pub async fn handle(deps: Deps, input: JobInput) -> Result<Report, JobError> {
    let (brand, _) = resolve(&deps, &input).await?;
    Ok(check(&deps, &brand).await?)
}

/// Rebuilds every loan from its journal and every shard from its loans, and compares.
///
/// # Errors
/// [`StoreError::Contention`] where the brand's money did not stand still for one reading.
pub async fn check(deps: &Deps, brand: &Brand) -> Result<Report, StoreError> {
    for _ in 0..CHECK_LIMIT_TRIES {
        let before = Shard::all(&deps.table, brand.id, Consistency::Strong).await?;
        let mut report = Report::empty(brand.id);
        let sums = add_up(deps, brand, &before, &mut report).await?;
        let after = Shard::all(&deps.table, brand.id, Consistency::Strong).await?;
        if before == after {
            compare_shards(&before, &sums, &mut report);
            return Ok(report);
        }
    }
    Err(StoreError::Contention)
}

/// Checks every loan and adds up what the loans contribute to each shard.
async fn add_up(
    deps: &Deps,
    brand: &Brand,
    shards: &[Shard],
    report: &mut Report,
) -> Result<BTreeMap<u16, Position>, StoreError> {
    let as_of: BTreeMap<u16, Date> =
        shards.iter().map(|shard| (shard.shard, shard.as_of)).collect();
    let today = deps.today(brand);
    let range = Range::list(LoanRecord::list_partition(brand.id));
    let mut sums: BTreeMap<u16, Position> = BTreeMap::new();
    let mut after = None;
    loop {
        let slice = deps.table.query_keys(&range, PAGE_LIMIT_LOANS, after).await?;
        let records = deps.table.batch_get::<LoanRecord>(&slice.items, Consistency::Strong).await?;
        for record in &records {
            report.loans += 1;
            let date = as_of.get(&record.shard).copied().unwrap_or(today);
            *sums.entry(record.shard).or_default() += record.loan.position(date);
            check_loan(deps, record, today, report).await?;
        }
        after = slice.next;
        if after.is_none() {
            return Ok(sums);
        }
    }
}

/// Compares a loan with the fold of its journal.
async fn check_loan(
    deps: &Deps,
    record: &LoanRecord,
    today: Date,
    report: &mut Report,
) -> Result<(), StoreError> {
    let journal = Loans::new(&deps.table).journal(record.brand, record.loan.id).await?;
    report.journal_items += u64::try_from(journal.len()).unwrap_or(u64::MAX);
    let mut opening = None;
    let mut commands = Vec::new();
    let mut entries = Vec::new();
    for item in &journal {
        opening = item.opening()?.or(opening);
        commands.extend(item.commands()?);
        entries.extend(item.entries()?);
    }
    // A loan that was never disbursed has no books.
    let Some(opening) = opening else { return Ok(()) };
    for drift in record.loan.rebuild(&opening, &commands, &entries, today).drift {
        report.add(difference(record, &drift));
    }
    Ok(())
}

fn difference(record: &LoanRecord, drift: &Drift) -> Difference {
    Difference {
        record: record.loan.id.to_string(),
        figure: match drift.of {
            DriftOf::Journal { account } => format!("journal of {account:?}"),
            DriftOf::Balance { account } => format!("balance of {account:?}"),
            DriftOf::Invoice { number } => format!("invoice {number}"),
        },
        stored: drift.stored.to_string(),
        rebuilt: drift.rebuilt.to_string(),
    }
}

/// Compares each shard with the sum of its loans; a shard that should exist and does not counts
/// as zero.
fn compare_shards(shards: &[Shard], sums: &BTreeMap<u16, Position>, report: &mut Report) {
    let stored: BTreeMap<u16, Position> =
        shards.iter().map(|shard| (shard.shard, shard.position)).collect();
    let numbers: std::collections::BTreeSet<&u16> = stored.keys().chain(sums.keys()).collect();
    for number in numbers {
        let of =
            |figures: &BTreeMap<u16, Position>| figures.get(number).copied().unwrap_or_default();
        let (stored, rebuilt) = (of(&stored).fields(), of(sums).fields());
        for ((name, stored), (_, rebuilt)) in stored.into_iter().zip(rebuilt) {
            if stored != rebuilt {
                report.add(Difference {
                    record: format!("shard {number}"),
                    figure: name.to_owned(),
                    stored: text(stored),
                    rebuilt: text(rebuilt),
                });
            }
        }
    }
}

fn text(figure: Figure) -> String {
    match figure {
        Figure::Count(count) => count.to_string(),
        Figure::Amount(amount) => amount.to_string(),
    }
}
