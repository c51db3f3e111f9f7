//! The daily messages: one for each loan with something due on the date or overdue.
//!
//! A message's id follows from its loan and date, so that a replay finds it and writes nothing.

use std::collections::HashSet;

use domain::dunning::{Kind, Statement, Style, TemplateKind, TemplateText};
use domain::ids::{CommunicationId, CustomerId, LoanId};
use futures::{StreamExt, TryStreamExt};
use jiff::civil::{Date, Weekday};
use serde::Serialize;

use super::scan::Scan;
use super::{Counts, ShardError, ShardMessage, lines};
use crate::Deps;
use crate::store::{Brand, Communication, Consistency, LoanRecord, StoreError, Templates};

const CONCURRENT_LIMIT_MESSAGES: usize = 8;

/// One message, as the night's record keeps it and as a dry run shows it: without the text, which
/// holds what a person owes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
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
    let texts = DailyTexts::load(deps, brand).await?;
    let (mut queued, mut known) = (Vec::new(), 0_u64);
    let mut scan =
        Scan::due_by(&deps.table, brand, message.shard, message.date, Consistency::Eventual);
    while let Some(records) = scan.next_page().await? {
        let (drafts, there) = missing(deps, brand, &records, message.date).await?;
        known += there;
        let created: Vec<Option<Line>> = futures::stream::iter(drafts)
            .map(|draft| queue(deps, brand, &texts, draft))
            .buffer_unordered(CONCURRENT_LIMIT_MESSAGES)
            .try_collect()
            .await?;
        queued.extend(created.into_iter().flatten());
    }
    queued.sort_by_key(|line| line.loan);
    lines::keep(deps, brand, message, &queued).await?;
    let count = u64::try_from(queued.len()).unwrap_or(u64::MAX);
    Ok(Counts::from([("messages", count), ("known", known)]))
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
    let mut lines = Vec::new();
    let mut scan =
        Scan::due_by(&deps.table, brand, message.shard, message.date, Consistency::Eventual);
    while let Some(records) = scan.next_page().await? {
        let (drafts, _) = missing(deps, brand, &records, message.date).await?;
        lines.extend(drafts.into_iter().map(|draft| draft.line));
    }
    Ok(lines)
}

/// The messages of these loans that are not there yet, and how many are.
async fn missing(
    deps: &Deps,
    brand: &Brand,
    records: &[LoanRecord],
    date: Date,
) -> Result<(Vec<Draft>, u64), StoreError> {
    let drafts: Vec<Draft> = records.iter().filter_map(|record| Draft::of(record, date)).collect();
    let keys: Vec<_> = drafts
        .iter()
        .map(|draft| Communication::key_of(brand.id, draft.line.communication))
        .collect();
    let stored = deps.table.batch_get::<Communication>(&keys, Consistency::Eventual).await?;
    let there: HashSet<CommunicationId> = stored.into_iter().map(|message| message.id).collect();
    let missing =
        drafts.into_iter().filter(|draft| !there.contains(&draft.line.communication)).collect();
    Ok((missing, u64::try_from(there.len()).unwrap_or(u64::MAX)))
}

/// `None` where another run was quicker.
async fn queue(
    deps: &Deps,
    brand: &Brand,
    texts: &DailyTexts,
    draft: Draft,
) -> Result<Option<Line>, StoreError> {
    match deps.table.create(&draft.write(deps, brand, texts)?).await {
        Ok(()) => Ok(Some(draft.line)),
        Err(error) if error.is_conflict() => Ok(None),
        Err(error) => Err(error),
    }
}
