//! `job-rebuild`: recomputes every figure of a brand from its journals and reports what differs.
//!
//! It writes nothing unless it is told to repair.

use std::collections::BTreeMap;

use domain::ids::{BrandId, LoanId};
use domain::ledger::{Command, Drift, DriftOf, Entry, Figure, Position, Rebuilt};
use domain::loans::loan::Loan;
use jiff::civil::Date;
use platform::Deps;
use platform::jobs::JobError;
use platform::store::{Brand, Consistency, LoanRecord, Loans, Range, Shard, StoreError};
use serde::{Deserialize, Serialize};

const PAGE_LIMIT_LOANS: usize = 100;
/// A brand that payments change while it is added up is added up again.
const CHECK_LIMIT_TRIES: u32 = 3;
/// The differences that a report names; past them it only counts.
const REPORT_LIMIT_DIFFERENCES: usize = 100;

use crate::repair::{self, Author, Repaired};

/// What a rebuild is invoked with.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Input {
    pub brand_id: BrandId,
    /// Writes what the journals say.
    #[serde(default)]
    pub repair: bool,
    /// Who repairs; the journal and the audit keep it.
    #[serde(default)]
    pub started_by: Option<String>,
    #[serde(default)]
    pub reason: Option<String>,
}

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
    /// What was written; after a repair `drift` and `differences` are what is left.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repaired: Option<Repaired>,
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
        Self {
            brand_id,
            loans: 0,
            journal_items: 0,
            drift: 0,
            differences: Vec::new(),
            repaired: None,
        }
    }

    fn add(&mut self, difference: Difference) {
        self.drift += 1;
        if self.differences.len() < REPORT_LIMIT_DIFFERENCES {
            self.differences.push(difference);
        }
    }
}

pub async fn handle(deps: Deps, input: Input) -> Result<Report, JobError> {
    let brand = deps.brands.get(input.brand_id).await?.ok_or(JobError::NoBrand(input.brand_id))?;
    if !input.repair {
        return Ok(check(&deps, &brand).await?);
    }
    let author = Author::new(input.started_by, input.reason);
    Ok(repair::repair(&deps, &brand, &author).await?)
}

/// What was read of a brand while its money stood still.
pub(crate) struct Reading {
    pub report: Report,
    pub shards: Vec<Shard>,
    /// What the loans contribute to each shard.
    pub sums: BTreeMap<u16, Position>,
    /// The loans that are not what their journals say.
    pub loans: Vec<LoanId>,
}

/// Rebuilds every loan from its journal and every shard from its loans, and compares.
///
/// # Errors
/// [`StoreError::Contention`] where the brand's money did not stand still for one reading.
pub async fn check(deps: &Deps, brand: &Brand) -> Result<Report, StoreError> {
    Ok(read(deps, brand).await?.report)
}

pub(crate) async fn read(deps: &Deps, brand: &Brand) -> Result<Reading, StoreError> {
    for _ in 0..CHECK_LIMIT_TRIES {
        let before = Shard::all(&deps.table, brand.id, Consistency::Strong).await?;
        let mut report = Report::empty(brand.id);
        let mut loans = Vec::new();
        let sums = add_up(deps, brand, &before, &mut report, &mut loans).await?;
        let after = Shard::all(&deps.table, brand.id, Consistency::Strong).await?;
        if before == after {
            compare_shards(&before, &sums, &mut report);
            return Ok(Reading { report, shards: before, sums, loans });
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
    differing: &mut Vec<LoanId>,
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
            let drift = report.drift;
            check_loan(deps, record, today, report).await?;
            if report.drift > drift {
                differing.push(record.loan.id);
            }
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
    let books = Books::load(deps, record.brand, record.loan.id).await?;
    report.journal_items += books.items;
    if let Some(rebuilt) = books.rebuild(&record.loan, today) {
        rebuilt.drift.iter().for_each(|drift| report.add(difference(record, drift)));
    }
    Ok(())
}

/// A loan's journal, whole.
pub(crate) struct Books {
    items: u64,
    /// None where the loan was never disbursed.
    opening: Option<Loan>,
    commands: Vec<Command>,
    pub entries: Vec<Entry>,
}

impl Books {
    pub async fn load(deps: &Deps, brand: BrandId, loan: LoanId) -> Result<Self, StoreError> {
        let journal = Loans::new(&deps.table).journal(brand, loan).await?;
        let items = u64::try_from(journal.len()).unwrap_or(u64::MAX);
        let mut books = Self { items, opening: None, commands: Vec::new(), entries: Vec::new() };
        for item in &journal {
            books.opening = item.opening()?.or(books.opening);
            books.commands.extend(item.commands()?);
            books.entries.extend(item.entries()?);
        }
        Ok(books)
    }

    pub fn rebuild(&self, stored: &Loan, today: Date) -> Option<Rebuilt> {
        let opening = self.opening.as_ref()?;
        Some(stored.rebuild(opening, &self.commands, &self.entries, today))
    }
}

pub(crate) fn difference(record: &LoanRecord, drift: &Drift) -> Difference {
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

pub(crate) fn text(figure: Figure) -> String {
    match figure {
        Figure::Count(count) => count.to_string(),
        Figure::Amount(amount) => amount.to_string(),
    }
}
