use axum::Json;
use axum::extract::State;
use domain::dunning::Status;
use domain::ids::{CustomerId, LoanId};
use jiff::Timestamp;
use platform::Deps;
use platform::auth::Allowed;
use platform::auth::permission::ReadCustomers;
use platform::http::{ApiError, List, Page, PageParams, Path};
use platform::origination::text_of;
use platform::store::{
    Bookmark, Brand, Comment, Communication, Customers, Effect, Entity, Event, JournalItem,
    LoanRecord, Payment, Range, Slice, StoreError, Subject,
};
use serde::Serialize;
use utoipa::ToSchema;

/// The loans, newest first, that one timeline is merged from.
const TIMELINE_LIMIT_LOANS: usize = 50;
/// Lines of a kind that are read beyond a page: a daily message is stored under its date, so that it
/// comes a few places after what was sent on the same day.
const SLACK_LINES: usize = 8;

/// Something that happened to a customer or to one of their loans.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TimelineLine {
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// Orders lines of the same instant.
    #[schema(value_type = String)]
    pub id: String,
    /// EVENT, DOCUMENT, MONEY, PAYMENT, MESSAGE or COMMENT.
    #[schema(example = "MONEY")]
    pub kind: &'static str,
    /// The customer or the loan.
    pub about: String,
    pub actor: String,
    /// `loans:approve`, `payments:record`…
    pub action: String,
    pub before: std::collections::BTreeMap<String, String>,
    pub after: std::collections::BTreeMap<String, String>,
    pub reason: Option<String>,
    /// The text of a comment, or of a message with `{name}` where the borrower's name stands.
    pub text: Option<String>,
}

/// Get what happened to a customer
///
/// Events, documents, changes of money, payments, messages and comments of the customer and their
/// loans, newest first.
#[utoipa::path(
    get,
    path = "/api/v1/partner/brand/{brandId}/customers/{userId}/timeline",
    operation_id = "get_customer_timeline",
    tag = "customers",
    params(PageParams),
    responses((status = 200, description = "one page of the timeline", body = Page<TimelineLine>))
)]
pub(super) async fn timeline(
    allowed: Allowed<ReadCustomers>,
    State(deps): State<Deps>,
    Path(id): Path<CustomerId>,
    list: List,
) -> Result<Json<Page<TimelineLine>>, ApiError> {
    let (brand, customers) = (&allowed.brand, Customers::new(&deps));
    customers.stored(brand.id, id).await?.ok_or_else(ApiError::not_found)?;
    let before = list.after.as_ref().and_then(place);
    let source = Source { deps: &deps, brand, before, limit: list.limit };
    let loans = customers.loans(brand.id, id).await?;
    let latest = loans.into_iter().rev().take(TIMELINE_LIMIT_LOANS).collect();
    let mut lines = source.all(id, latest).await?;
    let has_more = lines.len() > list.limit;
    lines.truncate(list.limit);
    let last = lines.last().filter(|_| has_more);
    let next = last.map(|line| Bookmark::mark(format!("{}|{}", line.at, line.id)));
    Ok(Json(list.page(Slice { items: lines, next }, |line| line)?))
}

/// Where the page before stopped.
fn place(bookmark: &Bookmark) -> Option<(Timestamp, String)> {
    let (at, id) = bookmark.marked()?.split_once('|')?;
    Some((at.parse().ok()?, id.to_owned()))
}

/// Reads the newest lines before a place, one more than a page of each kind.
pub(super) struct Source<'a> {
    pub deps: &'a Deps,
    pub brand: &'a Brand,
    pub before: Option<(Timestamp, String)>,
    pub limit: usize,
}

impl Source<'_> {
    /// The lines of a customer and of these loans, newest first.
    pub async fn all(
        &self,
        customer: CustomerId,
        loans: Vec<LoanId>,
    ) -> Result<Vec<TimelineLine>, StoreError> {
        let mut lines = self.of(Subject::Customer(customer), customer.to_string()).await?;
        for loan in loans {
            lines.extend(self.of(Subject::Loan(loan), loan.to_string()).await?);
            let partition = LoanRecord::partition(self.brand.id, loan);
            let journal = JournalItem::SORT_PREFIX;
            lines.extend(self.read(partition.clone(), journal, of_journal).await?);
            lines.extend(self.read(partition, Payment::SORT_PREFIX, of_payment).await?);
        }
        lines.sort_by(|a, b| (b.at, &b.id).cmp(&(a.at, &a.id)));
        Ok(lines)
    }

    async fn of(&self, subject: Subject, about: String) -> Result<Vec<TimelineLine>, StoreError> {
        let events = Event::partition(self.brand.id, &about);
        let mut lines = self.read(events, Event::SORT_PREFIX, of_event).await?;
        let partition = subject.partition(self.brand.id);
        let line = |comment: Comment| of_comment(comment, about.clone());
        lines.extend(self.read(partition.clone(), Comment::SORT_PREFIX, line).await?);
        let line = |message: Communication| of_message(message, about.clone());
        lines.extend(self.read(partition, Communication::SORT_PREFIX, line).await?);
        Ok(lines)
    }

    async fn read<E: Entity>(
        &self,
        partition: String,
        prefix: &str,
        line: impl Fn(E) -> TimelineLine,
    ) -> Result<Vec<TimelineLine>, StoreError> {
        let range = Range::partition(partition).prefix(prefix).descending();
        let wanted = self.limit + 1 + SLACK_LINES;
        let mut lines = Vec::new();
        let mut after = None;
        loop {
            let page = self.deps.table.query::<E>(&range, wanted, after).await?;
            lines.extend(page.items.into_iter().map(&line).filter(|line| self.is_before(line)));
            match page.next {
                Some(next) if lines.len() < wanted => after = Some(next),
                _ => return Ok(lines),
            }
        }
    }

    fn is_before(&self, line: &TimelineLine) -> bool {
        self.before.as_ref().is_none_or(|(at, id)| (line.at, &line.id) < (*at, id))
    }
}

fn of_event(event: Event) -> TimelineLine {
    let Event { id, at, effect, .. } = event;
    let kind = if effect.action.starts_with("documents:") { "DOCUMENT" } else { "EVENT" };
    line(at, id.ulid().to_string(), kind, effect)
}

fn of_journal(item: JournalItem) -> TimelineLine {
    line(item.at, item.id.ulid().to_string(), "MONEY", item.effect)
}

fn of_payment(payment: Payment) -> TimelineLine {
    let effect = Effect::new(payment.recorded_by, "payments:receive", payment.loan)
        .after("payment", payment.id)
        .after("amount", payment.amount)
        .after("method", payment.method.text())
        .after("status", payment.status);
    line(payment.recorded_at, payment.id.ulid().to_string(), "PAYMENT", effect)
}

fn of_message(message: Communication, about: String) -> TimelineLine {
    let effect = Effect::new(message.requested_by, "communications:message", about)
        .after("message", message.id)
        .after("channel", text_of(&message.channel))
        .after("status", message.status.text());
    // It is queued before it is anything else.
    let at = message.times.get(&Status::Queued).copied().unwrap_or(Timestamp::MIN);
    let text = Some(message.body.as_str().to_owned());
    TimelineLine { text, ..line(at, message.id.message.to_string(), "MESSAGE", effect) }
}

fn of_comment(comment: Comment, about: String) -> TimelineLine {
    let effect = Effect::new(comment.author.to_string(), "comments:write", about);
    let id = comment.id.ulid().to_string();
    TimelineLine { text: Some(comment.text), ..line(comment.at, id, "COMMENT", effect) }
}

fn line(at: Timestamp, id: String, kind: &'static str, effect: Effect) -> TimelineLine {
    TimelineLine {
        at,
        id,
        kind,
        about: effect.entity,
        actor: effect.actor,
        action: effect.action,
        before: effect.before,
        after: effect.after,
        reason: effect.reason,
        text: None,
    }
}
