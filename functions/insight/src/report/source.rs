//! Reads the rows of a report, loan by loan in the order of their creation.

use std::collections::HashMap;

use domain::ids::CustomerId;
use domain::ledger::{Command, Flows, carried_by_day, due_by_day, flow_steps};
use domain::loans::loan::Loan;
use domain::money::Amount;
use futures::FutureExt;
use futures::stream::{self, StreamExt, TryStreamExt};
use jiff::civil::Date;
use platform::Deps;
use platform::store::{
    Bookmark, Brand, Consistency, Customer, Customers, LoanRecord, Loans, Postings, Range, Slice,
    StoreError, StoredCustomer,
};

use super::cash_flow::Days;
use super::filters::{Asked, ReportType};
use super::row::Row;
use super::rows::{AgingRow, CollectionRow, DisbursementRow, MasterRow, Person, is_wanted};

/// Loans that are read together, and journals that are read at the same time.
const BATCH_LIMIT_LOANS: usize = 100;
const JOURNAL_LIMIT_AT_ONCE: usize = 8;
/// After every loan's sort key.
const LAST: &str = "~";

/// Reads one report of a brand.
pub(super) struct Source<'d> {
    pub deps: &'d Deps,
    pub brand: &'d Brand,
    pub asked: &'d Asked,
}

/// Where to go on: from which sort key, after how many rows of the loan there.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Mark {
    from: String,
    skip: usize,
}

impl Mark {
    fn of(after: Option<&Bookmark>) -> Self {
        let start = || Self { from: "0".to_owned(), skip: 0 };
        let marked = after.and_then(Bookmark::marked).and_then(|text| text.rsplit_once('#'));
        marked.map_or_else(start, |(from, skip)| Self {
            from: from.to_owned(),
            skip: skip.parse().unwrap_or(0),
        })
    }

    fn bookmark(&self) -> Bookmark {
        Bookmark::mark(format!("{}#{}", self.from, self.skip))
    }
}

/// A loan as it stood, with what was posted where the report is of that.
struct Read {
    record: LoanRecord,
    state: Loan,
    posted: Option<Postings>,
}

impl Source<'_> {
    /// The next rows, `limit` at most, after looking at `loans` loans at most: a page may be short
    /// and still have a next one.
    pub(super) async fn page(
        &self,
        limit: usize,
        loans: usize,
        after: Option<&Bookmark>,
    ) -> Result<Slice<Row>, StoreError> {
        let mut mark = Mark::of(after);
        let (mut items, mut looked) = (Vec::new(), 0);
        loop {
            let wanted = BATCH_LIMIT_LOANS.min(limit + 1 - items.len()).min(loans - looked);
            let (records, is_last) = self.batch(&mark.from, wanted).await?;
            looked += records.len();
            // Loans without a row are passed as well.
            let passed = records.last().map(|last| last.loan.id.ulid().to_string());
            let reads = self.read(records).await?;
            let people = self.people(&reads).await?;
            for read in &reads {
                let id = read.record.loan.id.ulid().to_string();
                let seen = if mark.from == id { mark.skip } else { 0 };
                let person = people.get(&read.record.loan.customer).cloned();
                let rows = self.rows(read, &person.unwrap_or_default());
                for (index, row) in rows.into_iter().enumerate().skip(seen) {
                    if items.len() == limit {
                        let next = Mark { from: id, skip: index }.bookmark();
                        return Ok(Slice { items, next: Some(next) });
                    }
                    items.push(row);
                }
            }
            if let Some(passed) = passed {
                mark = Mark { from: format!("{passed}{LAST}"), skip: 0 };
            }
            if is_last {
                return Ok(Slice { items, next: None });
            }
            if looked >= loans || items.len() >= limit {
                return Ok(Slice { items, next: Some(mark.bookmark()) });
            }
        }
    }

    /// Adds what the next loans move on each day; where to go on, `None` at the end.
    pub(super) async fn add_days(
        &self,
        days: &mut Days,
        loans: usize,
        after: Option<&Bookmark>,
    ) -> Result<Option<Bookmark>, StoreError> {
        let mut mark = Mark::of(after);
        let mut looked = 0;
        loop {
            let wanted = BATCH_LIMIT_LOANS.min(loans - looked);
            let (records, is_last) = self.batch(&mark.from, wanted).await?;
            looked += records.len();
            if let Some(last) = records.last() {
                mark.from = format!("{}{LAST}", last.loan.id.ulid());
            }
            for read in self.read(records).await? {
                let Some(posted) = &read.posted else { continue };
                for (on, flows) in flow_steps(&posted.opening, posted.slices()) {
                    days.add(on, &flows, Amount::ZERO);
                }
                for (on, due) in due_by_day(&posted.opening.invoices) {
                    days.add(on, &Flows::default(), due);
                }
                for (on, carried) in carried_by_day(&read.state.invoices) {
                    days.add(on, &Flows::default(), -carried);
                }
            }
            if is_last {
                return Ok(None);
            }
            if looked >= loans {
                return Ok(Some(mark.bookmark()));
            }
        }
    }

    /// The next loans from a sort key on, in order, and whether they are the last.
    async fn batch(&self, from: &str, limit: usize) -> Result<(Vec<LoanRecord>, bool), StoreError> {
        let range = Range::list(LoanRecord::list_partition(self.brand.id)).between(from, LAST);
        let keys = self.deps.table.query_keys(&range, limit, None).await?;
        let mut records: Vec<LoanRecord> =
            self.deps.table.batch_get(&keys.items, Consistency::Eventual).await?;
        records.sort_by_key(|record| record.loan.id);
        Ok((records, keys.next.is_none()))
    }

    /// Reads the journals that the report needs, several at a time, and leaves out the loans that
    /// have no row in it.
    async fn read(&self, records: Vec<LoanRecord>) -> Result<Vec<Read>, StoreError> {
        let reads = records
            .into_iter()
            .filter(|record| self.may_matter(record))
            .map(|record| self.read_one(record).boxed());
        let reads: Vec<Option<Read>> = stream::iter(reads.collect::<Vec<_>>())
            .buffered(JOURNAL_LIMIT_AT_ONCE)
            .try_collect()
            .await?;
        Ok(reads.into_iter().flatten().collect())
    }

    /// What the loan's record alone tells about whether the loan can have a row.
    fn may_matter(&self, record: &LoanRecord) -> bool {
        let (asked, loan) = (self.asked, &record.loan);
        match asked.report {
            ReportType::MasterReport | ReportType::Aging if !asked.is_past => true,
            ReportType::Disbursements => true,
            ReportType::MasterReport
            | ReportType::Aging
            | ReportType::Collections
            | ReportType::CashFlow => loan.start.is_some_and(|start| start <= asked.to),
        }
    }

    async fn read_one(&self, record: LoanRecord) -> Result<Option<Read>, StoreError> {
        let asked = self.asked;
        let needs_journal = match asked.report {
            ReportType::MasterReport | ReportType::Aging => asked.is_past,
            ReportType::Collections | ReportType::CashFlow => true,
            ReportType::Disbursements => false,
        };
        let posted = if needs_journal {
            let loans = Loans::new(&self.deps.table);
            Postings::of(&loans.journal(record.brand, record.loan.id).await?)?
        } else {
            None
        };
        let state = match (&posted, asked.report) {
            (Some(posted), ReportType::MasterReport | ReportType::Aging) => posted.as_of(asked.to),
            (Some(posted), ReportType::CashFlow) => posted.as_of(Date::MAX),
            _ => record.loan.clone(),
        };
        let is_wanted = is_wanted(asked, &record, &state);
        Ok(is_wanted.then_some(Read { record, state, posted }))
    }

    /// The customers of these loans, as the caller may see them.
    async fn people(&self, reads: &[Read]) -> Result<HashMap<CustomerId, Person>, StoreError> {
        let brand = self.brand.id;
        let mut keys: Vec<_> =
            reads.iter().map(|read| Customer::key_of(brand, read.record.loan.customer)).collect();
        keys.sort();
        keys.dedup();
        let stored: Vec<StoredCustomer> =
            self.deps.table.batch_get(&keys, Consistency::Eventual).await?;
        let customers = Customers::new(self.deps).open_all(stored).await?;
        let person = |customer: &Customer| (customer.id, Person::new(customer, self.asked.full));
        Ok(customers.iter().map(person).collect())
    }

    fn rows(&self, read: &Read, person: &Person) -> Vec<Row> {
        let Read { record, state, posted } = read;
        let (asked, person) = (self.asked, || person.clone());
        match asked.report {
            ReportType::MasterReport => {
                vec![Row::Master(Box::new(MasterRow::new(record, state, asked.to, person())))]
            }
            ReportType::Aging => {
                vec![Row::Aging(AgingRow::new(record, state, asked.to, person()))]
            }
            ReportType::Disbursements => {
                DisbursementRow::new(record, person()).map(Row::Disbursement).into_iter().collect()
            }
            ReportType::Collections => {
                let Some(posted) = posted else { return Vec::new() };
                let steps = flow_steps(&posted.opening, posted.slices());
                let commands = std::iter::once(None)
                    .chain(posted.slices().map(|commands: &[Command]| commands.last()));
                steps
                    .into_iter()
                    .zip(commands)
                    .filter(|((on, _), _)| (asked.from..=asked.to).contains(on))
                    .filter_map(|(step, command)| {
                        CollectionRow::new(record, step, command, person())
                    })
                    .map(Row::Collection)
                    .collect()
            }
            ReportType::CashFlow => Vec::new(),
        }
    }
}
