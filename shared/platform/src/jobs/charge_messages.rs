//! The daily messages: one for each loan with something due on the date or overdue.
//!
//! A message's id follows from its loan and date, so that a replay finds it and writes nothing.

use std::collections::HashSet;

use domain::dunning::{Kind, Statement, Style, TemplateKind, TemplateText};
use domain::ids::{CommunicationId, CustomerId, LoanId};
use futures::{StreamExt, TryStreamExt};
use jiff::civil::{Date, Weekday};
use serde::{Deserialize, Serialize};

use super::lines::{self, Opened};
use super::scan::Scan;
use super::{Counts, ShardError, ShardMessage};
use crate::Deps;
use crate::store::{Brand, Communication, Consistency, LoanRecord, StoreError, Templates};

const CONCURRENT_LIMIT_MESSAGES: usize = 8;
const MESSAGES: &str = "messages";

/// One message, as the night's record keeps it and as a dry run shows it: without the text, which
/// holds what a person owes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Line {
    pub loan: LoanId,
    pub customer: CustomerId,
    pub communication: CommunicationId,
    pub template: TemplateKind,
    pub amount_due: String,
    pub amount_overdue: String,
    pub days_overdue: i64,
}

impl lines::Line for Line {
    type Id = LoanId;
    const COUNTS: &'static [&'static str] = &[MESSAGES];

    fn id(&self) -> Self::Id {
        self.loan
    }

    fn counts(lines: &[Self]) -> Counts {
        Counts::from([(MESSAGES, u64::try_from(lines.len()).unwrap_or(u64::MAX))])
    }
}

/// Why no messages go out for a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DayOff {
    /// The brand sends none, or none on this date.
    Brand,
    Weekend,
    /// The date is past: what a message of that day says is no longer true.
    Past,
}

impl DayOff {
    /// Whether messages of the date go out at `today`.
    pub fn of(brand: &Brand, date: Date, today: Date) -> Option<Self> {
        if date < today {
            return Some(Self::Past);
        }
        if matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday) {
            return Some(Self::Weekend);
        }
        (!brand.dunning.enabled || brand.unavailability_dates.contains(&date))
            .then_some(Self::Brand)
    }

    const fn counter(self) -> &'static str {
        match self {
            Self::Brand | Self::Weekend => "skipped",
            Self::Past => "outdated",
        }
    }
}

/// The texts of a brand's daily messages.
#[derive(Debug)]
pub struct DailyTexts {
    due_today: TemplateText,
    overdue: TemplateText,
}

impl DailyTexts {
    pub async fn load(deps: &Deps, brand: &Brand) -> Result<Self, StoreError> {
        let templates = Templates::new(&deps.table);
        Ok(Self {
            due_today: templates.daily(brand, TemplateKind::DueToday).await?,
            overdue: templates.daily(brand, TemplateKind::Overdue).await?,
        })
    }

    fn of(&self, kind: TemplateKind) -> &TemplateText {
        match kind {
            TemplateKind::Overdue => &self.overdue,
            TemplateKind::DueToday | TemplateKind::Manual => &self.due_today,
        }
    }
}

struct Draft {
    line: Line,
    statement: Statement,
    date: Date,
}

impl Draft {
    /// The message of a loan, where there is something to say.
    fn of(record: &LoanRecord, date: Date) -> Option<Self> {
        let statement = Statement::of(&record.loan, date);
        if statement.is_empty() {
            return None;
        }
        let line = Line {
            loan: record.loan.id,
            customer: record.loan.customer,
            communication: Communication::daily_id(record.loan.id, date),
            template: TemplateKind::of(&statement),
            amount_due: statement.due.to_string(),
            amount_overdue: statement.overdue.to_string(),
            days_overdue: statement.days_overdue,
        };
        Some(Self { line, statement, date })
    }

    fn write(
        &self,
        deps: &Deps,
        brand: &Brand,
        texts: &DailyTexts,
    ) -> Result<Communication, StoreError> {
        let Line { communication: id, customer, template, .. } = self.line;
        let style: Style<'_> = brand.message_style();
        let body = texts
            .of(template)
            .render(style, Some(&self.statement))
            .map_err(|error| StoreError::Corrupt(format!("template: {error}")))?;
        let actor = Communication::JOB_ACTOR;
        let (kind, now) = (Kind::Dunning, deps.now());
        let mut message = Communication::queued(brand.id, id, customer, kind, body, actor, now);
        message.version = 1;
        message.date = Some(self.date);
        Ok(message)
    }
}

/// Queues the messages of the shard that are not there yet.
pub async fn run_shard(
    deps: &Deps,
    brand: &Brand,
    message: &ShardMessage,
) -> Result<Counts, ShardError> {
    if let Some(off) = DayOff::of(brand, message.date, deps.today(brand)) {
        return Ok(Counts::from([(off.counter(), 1)]));
    }
    let drafts = pending(deps, brand, message).await?;
    let intended = drafts.iter().map(|draft| draft.line.clone()).collect();
    let book = match lines::open(deps, message, intended).await? {
        Opened::Book(book) => book,
        Opened::Done(counts) => return Ok(counts),
    };
    let texts = DailyTexts::load(deps, brand).await?;
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
    if DayOff::of(brand, message.date, deps.today(brand)).is_some() {
        return Ok(Vec::new());
    }
    let drafts = pending(deps, brand, message).await?;
    Ok(drafts.into_iter().map(|draft| draft.line).collect())
}

/// The messages of the shard that are not there yet.
async fn pending(
    deps: &Deps,
    brand: &Brand,
    message: &ShardMessage,
) -> Result<Vec<Draft>, StoreError> {
    let mut pending = Vec::new();
    let mut scan =
        Scan::due_by(&deps.table, brand, message.shard, message.date, Consistency::Eventual);
    while let Some(records) = scan.next_page().await? {
        let drafts: Vec<Draft> =
            records.iter().filter_map(|record| Draft::of(record, message.date)).collect();
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
    texts: &DailyTexts,
    draft: Draft,
) -> Result<Line, StoreError> {
    match deps.table.create(&draft.write(deps, brand, texts)?).await {
        Err(error) if !error.is_conflict() => Err(error),
        _ => Ok(draft.line),
    }
}
