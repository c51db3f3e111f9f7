use axum::Json;
use axum::extract::State;
use axum::response::Response;
use domain::ids::LoanId;
use domain::money::Amount;
use garde::Validate;
use jiff::civil::Date;
use platform::Deps;
use platform::auth::Allowed;
use platform::auth::permission::{ReadCollections, WorkCollections};
use platform::http::{ApiError, List, MaybeIdempotent, PageParams, Path, RequestId, once};
use platform::store::{
    Author, Brand, CollectionAct, CollectionEntry, ContactKind, LoanRecord, Loans, Payment, Range,
    StoreError,
};
use platform::views::InvoiceView;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::entry::{CollectionEntryView, Noted, note};
use super::view::CollectionItem;

const TEXT_LIMIT_CHARS: usize = 2_000;
/// Payments read to tell which promises were kept.
const PAYMENTS_LIMIT_ITEMS: usize = 2_000;
/// After every id.
const LAST: &str = "~";

/// A settlement that stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct StandingSettlement {
    #[schema(value_type = String)]
    pub amount: Amount,
    /// Paid towards it so far.
    #[schema(value_type = String)]
    pub received: Amount,
    #[schema(value_type = String, format = Date)]
    pub agreed_on: Date,
    /// The last value date that counts.
    #[schema(value_type = String, format = Date)]
    pub until: Date,
}

/// How a loan is repaid, and what was done about it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RepaymentTimeline {
    pub loan: CollectionItem,
    pub settlement: Option<StandingSettlement>,
    /// All of them, in order.
    pub invoices: Vec<InvoiceView>,
    /// Contacts, promises to pay and visits, latest first, page by page.
    pub items: Vec<CollectionEntryView>,
    /// Give it as `cursor` to get the next page; null on the last.
    pub next_cursor: Option<String>,
}

/// A contact with the customer, or a note.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub struct NewContact {
    pub channel: ContactKind,
    #[garde(length(chars, min = 1, max = TEXT_LIMIT_CHARS))]
    pub text: String,
}

impl std::fmt::Debug for NewContact {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewContact").field("channel", &self.channel).finish_non_exhaustive()
    }
}

/// A loan's invoices as of today, and what was done to collect them.
#[utoipa::path(get,
    path = "/api/v1/partner/brand/{brandId}/collection/{loanId}/repayment-timeline",
    operation_id = "get_repayment_timeline", tag = "collections", params(PageParams),
    responses((status = 200, body = RepaymentTimeline)))]
pub async fn get(
    allowed: Allowed<ReadCollections>,
    State(deps): State<Deps>,
    Path(id): Path<LoanId>,
    list: List,
) -> Result<Json<RepaymentTimeline>, ApiError> {
    let (brand, loans) = (&allowed.brand, Loans::new(&deps.table));
    let record = loans.get(brand.id, id).await?.ok_or_else(ApiError::not_found)?;
    let today = deps.today(brand);
    let range = Range::partition(LoanRecord::partition(brand.id, id))
        .prefix(CollectionEntry::SORT_PREFIX)
        .descending();
    let slice = deps.table.query::<CollectionEntry>(&range, list.limit, list.after.clone()).await?;
    let payments = payments_since(&deps, brand, id, &slice.items).await?;
    let page = list.page(slice, |entry| CollectionEntryView::new(entry, &payments, today))?;
    let invoices = loans.invoices(&record).await?;
    let settlement = record.loan.standing_settlement(today).map(|offer| StandingSettlement {
        amount: offer.amount,
        received: offer.received,
        agreed_on: offer.agreed_on,
        until: offer.until,
    });
    Ok(Json(RepaymentTimeline {
        loan: CollectionItem::new(brand, &record, today),
        settlement,
        invoices: invoices
            .iter()
            .map(|invoice| InvoiceView::new(&record.loan, invoice, today))
            .collect(),
        items: page.items,
        next_cursor: page.next_cursor,
    }))
}

/// The loan's payments since the first promise among the entries. Ids are in the order of recording,
/// and no payment is recorded before its value date.
async fn payments_since(
    deps: &Deps,
    brand: &Brand,
    loan: LoanId,
    entries: &[CollectionEntry],
) -> Result<Vec<Payment>, StoreError> {
    let promised = |entry: &CollectionEntry| match entry.act {
        CollectionAct::PromiseToPay { on, .. } => Some(on),
        CollectionAct::Contact { .. } | CollectionAct::FieldVisit { .. } => None,
    };
    let Some(first) = entries.iter().filter_map(promised).min() else { return Ok(Vec::new()) };
    let midnight = first.to_zoned(brand.timezone.clone()).ok();
    let millis = midnight.map_or(0, |midnight| midnight.timestamp().as_millisecond());
    let ulid = ulid::Ulid::from_parts(u64::try_from(millis).unwrap_or(0), 0);
    let prefix = Payment::SORT_PREFIX;
    let range = Range::partition(LoanRecord::partition(brand.id, loan))
        .between(format!("{prefix}{ulid}"), format!("{prefix}{LAST}"));
    deps.table.query_all(&range, PAYMENTS_LIMIT_ITEMS).await
}

/// Notes a contact with the customer.
#[utoipa::path(post,
    path = "/api/v1/partner/brand/{brandId}/collection/{loanId}/repayment-timeline",
    operation_id = "note_contact", tag = "collections",
    params(("Idempotency-Key" = Option<String>, Header, description = "the client's name for this note")),
    request_body = NewContact,
    responses((status = 201, description = "noted", body = CollectionEntryView)))]
pub async fn note_contact(
    allowed: Allowed<WorkCollections>,
    State(deps): State<Deps>,
    request_id: RequestId,
    Path(id): Path<LoanId>,
    request: MaybeIdempotent<NewContact>,
) -> Result<Response, ApiError> {
    let Allowed { actor, brand, .. } = allowed;
    let MaybeIdempotent { intent, body } = request;
    once(&deps, brand.id, actor.id, intent.as_ref(), async |once| {
        let NewContact { channel, text } = body;
        let effect = Author::of_request(&actor, &request_id)
            .effect("collections:contact", id)
            .after("channel", platform::origination::text_of(&channel));
        let act = CollectionAct::Contact { channel };
        let noted = Noted { loan: id, act, text: Some(text), effect };
        note(&deps, &brand, actor.id, once, noted).await
    })
    .await
}
