//! The messages before an invoice falls due: one for each invoice that is due in the brand's number
//! of days.
//!
//! A message's id follows from its invoice and date, so that a replay finds it and writes nothing.

use std::collections::HashSet;

use domain::dunning::{Kind, Statement, TemplateKind};
use domain::ids::{CommunicationId, CustomerId, InvoiceId, LoanId};
use futures::{StreamExt, TryStreamExt};
use jiff::ToSpan;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::lines::{self, Opened};
use super::scan::Scan;
use super::{Counts, ShardError, ShardMessage};
use crate::Deps;
use crate::store::{Brand, Communication, Consistency, LoanRecord, Steps, StoreError, Templates};

const CONCURRENT_LIMIT_MESSAGES: usize = 8;
const MESSAGES: &str = "messages";

/// One message, as the run's record keeps it and as a dry run shows it: without the text, which
/// holds what a person owes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Line {
    pub loan: LoanId,
    pub invoice: InvoiceId,
    pub customer: CustomerId,
    pub communication: CommunicationId,
    pub amount_due: String,
    pub due_date: Date,
}

impl lines::Line for Line {
    type Id = InvoiceId;
    const COUNTS: &'static [&'static str] = &[MESSAGES];

    fn id(&self) -> Self::Id {
        self.invoice
    }

    fn counts(lines: &[Self]) -> Counts {
        Counts::from([(MESSAGES, u64::try_from(lines.len()).unwrap_or(u64::MAX))])
    }
}

/// Why no reminders go out for a date: a counter's name.
fn day_off(brand: &Brand, date: Date, today: Date) -> Option<&'static str> {
    if date < today {
        return Some("outdated");
    }
    (!brand.sends_reminders_on(date)).then_some("skipped")
}

impl Brand {
    /// Whether reminders of a date go out; weekends do not matter to them.
    pub fn sends_reminders_on(&self, date: Date) -> bool {
        let dunning = &self.dunning;
        dunning.enabled && dunning.reminders.enabled && !self.unavailability_dates.contains(&date)
    }
}

struct Draft {
    line: Line,
    statement: Statement,
}

impl Draft {
    /// The messages of a loan: of each invoice that falls due on the day.
    fn all_of(record: &LoanRecord, date: Date, due: Date) -> Vec<Self> {
        let loan = &record.loan;
        let due_then = loan.open_invoices().filter(|invoice| invoice.due == due);
        due_then
            .filter_map(|invoice| {
                let statement = Statement::before(loan, invoice.number, date)?;
                let invoice = InvoiceId { loan: loan.id, number: invoice.number };
                let line = Line {
                    loan: loan.id,
                    invoice,
                    customer: loan.customer,
                    communication: Communication::reminder_id(invoice, date),
                    amount_due: statement.due.to_string(),
                    due_date: due,
                };
                Some(Self { line, statement })
            })
            .collect()
    }

    fn write(
        &self,
        deps: &Deps,
        brand: &Brand,
        texts: &Steps,
    ) -> Result<Communication, StoreError> {
        let Line { communication: id, customer, invoice, .. } = self.line;
        let body = texts
            .at(0)
            .text
            .render(brand.message_style(), Some(&self.statement))
            .map_err(|error| StoreError::Corrupt(format!("template: {error}")))?;
        let actor = Communication::REMINDER_ACTOR;
        let (kind, now) = (Kind::Reminder, deps.now());
        let mut message = Communication::queued(brand.id, id, customer, kind, body, actor, now);
        message.version = 1;
        message.channel = brand.dunning.reminders.channel;
        message.date = Some(self.statement.on);
        message.invoice = Some(invoice.number);
        Ok(message)
    }
}

/// Queues the messages of the shard that are not there yet.
pub async fn run_shard(
    deps: &Deps,
    brand: &Brand,
    message: &ShardMessage,
) -> Result<Counts, ShardError> {
    if let Some(counter) = day_off(brand, message.date, deps.today(brand)) {
        return Ok(Counts::from([(counter, 1)]));
    }
    let drafts = pending(deps, brand, message).await?;
    let intended = drafts.iter().map(|draft| draft.line.clone()).collect();
    let book = match lines::open(deps, message, intended).await? {
        Opened::Book(book) => book,
        Opened::Done(counts) => return Ok(counts),
    };
    let texts = Templates::new(&deps.table).steps(brand, TemplateKind::BeforeDue).await?;
    let queued: Vec<Line> = futures::stream::iter(drafts)
        .map(|draft| queue(deps, brand, &texts, draft))
        .buffer_unordered(CONCURRENT_LIMIT_MESSAGES)
        .try_collect()
        .await?;
    book.close(deps, brand, message, queued).await
}

/// The messages that a run would queue, without queueing them.
pub async fn dry_run_shard(
    deps: &Deps,
    brand: &Brand,
    message: &ShardMessage,
) -> Result<Vec<Line>, ShardError> {
    if day_off(brand, message.date, deps.today(brand)).is_some() {
        return Ok(Vec::new());
    }
    let drafts = pending(deps, brand, message).await?;
    Ok(drafts.into_iter().map(|draft| draft.line).collect())
}

/// The messages of the shard that are not there yet. The index has each loan at its oldest open
/// due date, so loans with something overdue are read too.
async fn pending(
    deps: &Deps,
    brand: &Brand,
    message: &ShardMessage,
) -> Result<Vec<Draft>, StoreError> {
    let days = i64::from(brand.dunning.reminders.days_before);
    let due = message.date.saturating_add(days.days());
    let mut pending = Vec::new();
    let mut scan = Scan::due_by(&deps.table, brand, message.shard, due, Consistency::Eventual);
    while let Some(records) = scan.next_page().await? {
        let drafts: Vec<Draft> =
            records.iter().flat_map(|record| Draft::all_of(record, message.date, due)).collect();
        let keys: Vec<_> = drafts
            .iter()
            .map(|draft| Communication::key_of(brand.id, draft.line.communication))
            .collect();
        let stored = deps.table.batch_get::<Communication>(&keys, Consistency::Eventual).await?;
        let there: HashSet<CommunicationId> =
            stored.into_iter().map(|message| message.id).collect();
        pending
            .extend(drafts.into_iter().filter(|draft| !there.contains(&draft.line.communication)));
    }
    Ok(pending)
}

/// Queues a message, where no other run was quicker.
async fn queue(
    deps: &Deps,
    brand: &Brand,
    texts: &Steps,
    draft: Draft,
) -> Result<Line, StoreError> {
    match deps.table.create(&draft.write(deps, brand, texts)?).await {
        Err(error) if !error.is_conflict() => Err(error),
        _ => Ok(draft.line),
    }
}
