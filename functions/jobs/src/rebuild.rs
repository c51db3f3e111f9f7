//! `job-rebuild`: recomputes every figure of a brand from its journals and reports what differs.
//!
//! It writes nothing.

use std::collections::{BTreeMap, BTreeSet};

use domain::crm::OwnerTally;
use domain::ids::BrandId;
use domain::ledger::{Drift, DriftOf, Position, carried_by_month, due_by_month, flows_by_month};
use domain::loans::loan::Loan;
use jiff::civil::Date;
use platform::Deps;
use platform::jobs::{JobError, JobInput, resolve};
use platform::store::{
    Additions, Aggregate, Brand, Consistency, Customer, Dimension, JournalItem, LoanRecord, Loans,
    Numbers, Postings, Range, Shard, StoreError, StoredCustomer, Sums,
};
use serde::Serialize;

const PAGE_LIMIT_LOANS: usize = 100;
const PAGE_LIMIT_CUSTOMERS: usize = 100;
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
    pub customers: u64,
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
        }
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

/// What the loans and customers of a brand add up to.
#[derive(Debug, Default)]
struct Rebuilt {
    shards: BTreeMap<u16, Position>,
    sums: Additions,
}

/// Rebuilds every loan from its journal, and every shard and every other sum from its loans and
/// customers, and compares.
///
/// # Errors
/// [`StoreError::Contention`] where the brand's records did not stand still for one reading.
pub async fn check(deps: &Deps, brand: &Brand) -> Result<Report, StoreError> {
    for _ in 0..CHECK_LIMIT_TRIES {
        let before = stored(deps, brand).await?;
        let mut report = Report::empty(brand.id);
        let mut rebuilt = Rebuilt::default();
        add_up_loans(deps, brand, &before.0, &mut rebuilt, &mut report).await?;
        add_up_customers(deps, brand, &mut rebuilt, &mut report).await?;
        if before == stored(deps, brand).await? {
            compare_shards(&before.0, &rebuilt.shards, &mut report);
            compare_sums(&before.1, &rebuilt.sums.into_sums(), &mut report);
            return Ok(report);
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
            check_loan(deps, record, today, &mut rebuilt.sums, report).await?;
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
    let rebuilt = record.loan.rebuild(&opening, &commands, &entries, today);
    for drift in rebuilt.drift {
        report.add(difference(record, &drift));
    }
    add_up_months(record.shard, &journal, &rebuilt.loan, sums)
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
