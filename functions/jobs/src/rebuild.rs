//! `job-rebuild`: recomputes every figure of a brand from its journals and reports what differs.
//!
//! It writes nothing unless it is told to repair.

use std::collections::{BTreeMap, BTreeSet};

use domain::crm::OwnerTally;
use domain::ids::{BrandId, LoanId};
use domain::ledger::{
    Command, Drift, DriftOf, Entry, Position, carried_by_month, due_by_month, flows_by_month,
};
use domain::loans::loan::Loan;
use jiff::civil::Date;
use platform::Deps;
use platform::jobs::JobError;
use platform::store::{
    Additions, Aggregate, Brand, Consistency, Customer, Dimension, JournalItem, LoanRecord, Loans,
    Numbers, Postings, Range, Shard, StoreError, StoredCustomer, Sums,
};
use serde::{Deserialize, Serialize};

use crate::repair::{self, Author, Repaired};

const PAGE_LIMIT_LOANS: usize = 100;
const PAGE_LIMIT_CUSTOMERS: usize = 100;
/// A brand that payments change while it is added up is added up again.
const CHECK_LIMIT_TRIES: u32 = 3;
/// The differences that a report names; past them it only counts.
const REPORT_LIMIT_DIFFERENCES: usize = 100;

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
    pub customers: u64,
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
    /// `loan_…`, `shard 3`, or a sum by its key: `F#2026-03#05`.
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
            customers: 0,
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

/// What the loans and customers of a brand add up to.
#[derive(Debug, Default)]
struct Rebuilt {
    shards: BTreeMap<u16, Position>,
    sums: Additions,
    /// The loans that are not what their journals say.
    differing: Vec<LoanId>,
}

/// What was read of a brand while its records stood still.
pub(crate) struct Reading {
    pub report: Report,
    pub stored_shards: Vec<Shard>,
    pub stored_sums: Sums,
    pub shards: BTreeMap<u16, Position>,
    pub sums: Sums,
    pub loans: Vec<LoanId>,
}

/// Rebuilds every loan from its journal, and every shard and every other sum from its loans and
/// customers, and compares.
///
/// # Errors
/// [`StoreError::Contention`] where the brand's records did not stand still for one reading.
pub async fn check(deps: &Deps, brand: &Brand) -> Result<Report, StoreError> {
    Ok(read(deps, brand).await?.report)
}

pub(crate) async fn read(deps: &Deps, brand: &Brand) -> Result<Reading, StoreError> {
    for _ in 0..CHECK_LIMIT_TRIES {
        let before = stored(deps, brand).await?;
        let mut report = Report::empty(brand.id);
        let mut rebuilt = Rebuilt::default();
        add_up_loans(deps, brand, &before.0, &mut rebuilt, &mut report).await?;
        add_up_customers(deps, brand, &mut rebuilt, &mut report).await?;
        if before == stored(deps, brand).await? {
            let Rebuilt { shards, sums, differing: loans } = rebuilt;
            let sums = sums.into_sums();
            let (stored_shards, stored_sums) = before;
            compare_shards(&stored_shards, &shards, &mut report);
            compare_sums(&stored_sums, &sums, &mut report);
            return Ok(Reading { report, stored_shards, stored_sums, shards, sums, loans });
        }
    }
    Err(StoreError::Contention)
}

/// The shards and the other sums as they are stored.
async fn stored(deps: &Deps, brand: &Brand) -> Result<(Vec<Shard>, Sums), StoreError> {
    let shards = Shard::all(&deps.table, brand.id, Consistency::Strong).await?;
    Ok((shards, Aggregate::all(&deps.table, brand.id).await?))
}

/// Checks every loan and adds up what the loans contribute to each shard and sum.
async fn add_up_loans(
    deps: &Deps,
    brand: &Brand,
    shards: &[Shard],
    rebuilt: &mut Rebuilt,
    report: &mut Report,
) -> Result<(), StoreError> {
    let as_of: BTreeMap<u16, Date> =
        shards.iter().map(|shard| (shard.shard, shard.as_of)).collect();
    let today = deps.today(brand);
    let range = Range::list(LoanRecord::list_partition(brand.id));
    let mut after = None;
    loop {
        let slice = deps.table.query_keys(&range, PAGE_LIMIT_LOANS, after).await?;
        let records = deps.table.batch_get::<LoanRecord>(&slice.items, Consistency::Strong).await?;
        for record in &records {
            report.loans += 1;
            let date = as_of.get(&record.shard).copied().unwrap_or(today);
            *rebuilt.shards.entry(record.shard).or_default() += record.loan.position(date);
            let owner = Dimension::Owner(record.owner);
            rebuilt.sums.add(owner, record.shard, &OwnerTally::of_loan(&record.loan));
            let drift = report.drift;
            check_loan(deps, record, today, &mut rebuilt.sums, report).await?;
            if report.drift > drift {
                rebuilt.differing.push(record.loan.id);
            }
        }
        after = slice.next;
        if after.is_none() {
            return Ok(());
        }
    }
}

async fn add_up_customers(
    deps: &Deps,
    brand: &Brand,
    rebuilt: &mut Rebuilt,
    report: &mut Report,
) -> Result<(), StoreError> {
    let range = Range::list(Customer::list_partition(brand.id));
    let mut after = None;
    loop {
        let slice = deps.table.query_keys(&range, PAGE_LIMIT_CUSTOMERS, after).await?;
        let customers: Vec<StoredCustomer> =
            deps.table.batch_get(&slice.items, Consistency::Strong).await?;
        for customer in &customers {
            report.customers += 1;
            rebuilt.sums.count_customer(customer);
        }
        after = slice.next;
        if after.is_none() {
            return Ok(());
        }
    }
}

/// Compares a loan with the fold of its journal.
async fn check_loan(
    deps: &Deps,
    record: &LoanRecord,
    today: Date,
    sums: &mut Additions,
    report: &mut Report,
) -> Result<(), StoreError> {
    let books = Books::load(deps, record.brand, record.loan.id).await?;
    report.journal_items += u64::try_from(books.journal.len()).unwrap_or(u64::MAX);
    let Some(rebuilt) = books.rebuild(&record.loan, today) else { return Ok(()) };
    for drift in &rebuilt.drift {
        report.add(difference(record, drift));
    }
    add_up_months(record.shard, &books.journal, &rebuilt.loan, sums)
}

/// A loan's journal, whole.
pub(crate) struct Books {
    journal: Vec<JournalItem>,
    opening: Option<Loan>,
    commands: Vec<Command>,
    pub entries: Vec<Entry>,
}

impl Books {
    pub async fn load(deps: &Deps, brand: BrandId, loan: LoanId) -> Result<Self, StoreError> {
        let journal = Loans::new(&deps.table).journal(brand, loan).await?;
        let (mut opening, mut commands, mut entries) = (None, Vec::new(), Vec::new());
        for item in &journal {
            opening = item.opening()?.or(opening);
            commands.extend(item.commands()?);
            entries.extend(item.entries()?);
        }
        Ok(Self { journal, opening, commands, entries })
    }

    /// The loan anew; none where it was never disbursed, and has no books.
    pub fn rebuild(&self, stored: &Loan, today: Date) -> Option<domain::ledger::Rebuilt> {
        let opening = self.opening.as_ref()?;
        Some(stored.rebuild(opening, &self.commands, &self.entries, today))
    }
}

/// Adds what a loan's journal contributes to the sums by month and by due date.
fn add_up_months(
    shard: u16,
    journal: &[JournalItem],
    rebuilt: &Loan,
    sums: &mut Additions,
) -> Result<(), StoreError> {
    let Some(postings) = Postings::of(journal)? else { return Ok(()) };
    sums.add_flows(shard, &flows_by_month(&postings.opening, postings.slices()));
    sums.add_due(shard, &due_by_month(&postings.opening.invoices));
    sums.subtract_due(shard, &carried_by_month(&rebuilt.invoices));
    Ok(())
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
    let numbers: BTreeSet<&u16> = stored.keys().chain(sums.keys()).collect();
    for number in numbers {
        let of =
            |figures: &BTreeMap<u16, Position>| figures.get(number).copied().unwrap_or_default();
        let (stored, rebuilt) = (of(&stored).fields(), of(sums).fields());
        for ((name, stored), (_, rebuilt)) in stored.into_iter().zip(rebuilt) {
            if stored != rebuilt {
                report.add(Difference {
                    record: format!("shard {number}"),
                    figure: name.to_owned(),
                    stored: stored.to_string(),
                    rebuilt: rebuilt.to_string(),
                });
            }
        }
    }
}

/// Compares each sum; one that is not there counts as zero.
fn compare_sums(stored: &Sums, rebuilt: &Sums, report: &mut Report) {
    let none = Numbers::new();
    let places: BTreeSet<_> = stored.keys().chain(rebuilt.keys()).collect();
    for place in places {
        let (stored, rebuilt) =
            (stored.get(place).unwrap_or(&none), rebuilt.get(place).unwrap_or(&none));
        let names: BTreeSet<&String> = stored.keys().chain(rebuilt.keys()).collect();
        for name in names {
            let of = |numbers: &Numbers| numbers.get(name).copied().unwrap_or_default();
            let (stored, rebuilt) = (of(stored), of(rebuilt));
            if stored != rebuilt {
                report.add(Difference {
                    record: place.to_string(),
                    figure: name.clone(),
                    stored: stored.to_string(),
                    rebuilt: rebuilt.to_string(),
                });
            }
        }
    }
}
