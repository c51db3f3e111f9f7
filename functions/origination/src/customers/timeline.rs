use axum::Json;
use axum::extract::State;
use domain::ids::CustomerId;
use jiff::Timestamp;
use platform::Deps;
use platform::auth::Allowed;
use platform::auth::permission::ReadCustomers;
use platform::http::{ApiError, List, Page, PageParams, Path};
use platform::store::{
    Bookmark, Brand, Comment, Customers, Entity, Event, JournalItem, LoanRecord, Range, Slice,
    StoreError, Subject,
};
use serde::Serialize;
use utoipa::ToSchema;

/// The loans, newest first, that one timeline is merged from.
const TIMELINE_LIMIT_LOANS: usize = 50;

/// Something that happened to a customer or to one of their loans.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TimelineLine {
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// Orders lines of the same instant.
    #[schema(value_type = String)]
    pub id: String,
    /// EVENT, MONEY or COMMENT.
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
    /// The text of a comment.
    pub text: Option<String>,
}

/// Get what happened to a customer
///
/// Events, changes of money and comments on the customer and their loans, newest first.
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
    customers.get(brand.id, id).await?.ok_or_else(ApiError::not_found)?;
    let before = list.after.as_ref().and_then(place);
    let source = Source { deps: &deps, brand, before, limit: list.limit };
    let mut lines = source.of(Subject::Customer(id), id.to_string()).await?;
    let loans = customers.loans(brand.id, id).await?;
    for loan in loans.into_iter().rev().take(TIMELINE_LIMIT_LOANS) {
        lines.extend(source.of(Subject::Loan(loan), loan.to_string()).await?);
        lines.extend(source.money(LoanRecord::partition(brand.id, loan)).await?);
    }
    lines.sort_by(|a, b| (b.at, &b.id).cmp(&(a.at, &a.id)));
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
struct Source<'a> {
    deps: &'a Deps,
    brand: &'a Brand,
    before: Option<(Timestamp, String)>,
    limit: usize,
}

impl Source<'_> {
    async fn of(&self, subject: Subject, about: String) -> Result<Vec<TimelineLine>, StoreError> {
        let events = format!("B#{}#E#{about}", self.brand.id.ulid());
        let mut lines =
            self.read(events, Event::SORT_PREFIX, |event: Event| of_event(event)).await?;
        let comments = subject.partition(self.brand.id);
        let line = |comment: Comment| of_comment(comment, about.clone());
        lines.extend(self.read(comments, Comment::SORT_PREFIX, line).await?);
        Ok(lines)
    }

    async fn money(&self, partition: String) -> Result<Vec<TimelineLine>, StoreError> {
        self.read(partition, JournalItem::SORT_PREFIX, of_journal).await
    }

    async fn read<E: Entity>(
        &self,
        partition: String,
        prefix: &str,
        line: impl Fn(E) -> TimelineLine,
    ) -> Result<Vec<TimelineLine>, StoreError> {
        let range = Range::partition(partition).prefix(prefix).descending();
        let mut lines = Vec::new();
        let mut after = None;
        loop {
            let page = self.deps.table.query::<E>(&range, self.limit + 1, after).await?;
            lines.extend(page.items.into_iter().map(&line).filter(|line| self.is_before(line)));
            match page.next {
                Some(next) if lines.len() <= self.limit => after = Some(next),
                _ => break,
            }
        }
        lines.truncate(self.limit + 1);
        Ok(lines)
    }

    fn is_before(&self, line: &TimelineLine) -> bool {
        self.before.as_ref().is_none_or(|(at, id)| (line.at, &line.id) < (*at, id))
    }
}

fn of_event(event: Event) -> TimelineLine {
    let Event { id, at, effect, .. } = event;
    line(at, id.ulid().to_string(), "EVENT", effect)
}

fn of_journal(item: JournalItem) -> TimelineLine {
    line(item.at, item.id.ulid().to_string(), "MONEY", item.effect)
}

fn line(
    at: Timestamp,
    id: String,
    kind: &'static str,
    effect: platform::store::Effect,
) -> TimelineLine {
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

fn of_comment(comment: Comment, about: String) -> TimelineLine {
    TimelineLine {
        at: comment.at,
        id: comment.id.ulid().to_string(),
        kind: "COMMENT",
        about,
        actor: comment.author.to_string(),
        action: "comments:write".to_owned(),
        before: std::collections::BTreeMap::new(),
        after: std::collections::BTreeMap::new(),
        reason: None,
        text: Some(comment.text),
    }
}
