use axum::Json;
use axum::extract::State;
use domain::dunning::{Channel, Status};
use domain::ids::{CustomerId, LoanId, MessageSubject};
use garde::Validate;
use platform::Deps;
use platform::auth::Allowed;
use platform::auth::permission::ReadCommunications;
use platform::http::{ApiError, List, Page, PageParams};
use platform::store::{Bookmark, Brand, Communication, Customers, Range, Slice, StoreError};
use serde::Deserialize;
use utoipa::IntoParams;

use super::CommunicationView;

/// The loans, newest first, that a customer's messages are gathered from.
const CUSTOMER_LIMIT_LOANS: usize = 50;

/// Which messages are to be listed.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
#[garde(allow_unvalidated)]
pub struct ListCommunications {
    #[serde(default)]
    #[param(value_type = Option<String>, example = "loan_01JZ0000000000000000000000")]
    pub loan: Option<LoanId>,
    /// Messages to the customer about any of their loans, or none.
    #[serde(default)]
    #[param(value_type = Option<String>, example = "cus_01JZ0000000000000000000000")]
    pub customer: Option<CustomerId>,
    #[serde(default)]
    #[param(value_type = Option<String>, example = "WHATSAPP")]
    pub channel: Option<Channel>,
    #[serde(default)]
    #[param(value_type = Option<String>, example = "FAILED")]
    pub status: Option<Status>,
}

impl ListCommunications {
    fn keeps(&self, stored: &Communication) -> bool {
        self.loan.is_none_or(|loan| stored.loan() == Some(loan))
            && self.customer.is_none_or(|customer| stored.customer == customer)
            && self.channel.is_none_or(|channel| stored.channel == channel)
            && self.status.is_none_or(|status| stored.status == status)
    }
}

/// List messages
///
/// Newest first. A page of a filtered list may be short and still have a next one.
#[utoipa::path(
    get,
    path = "/api/v1/partner/brand/{brandId}/communications",
    operation_id = "list_communications",
    tag = "communications",
    params(ListCommunications, PageParams),
    responses((status = 200, description = "one page of messages", body = Page<CommunicationView>))
)]
pub(super) async fn list(
    allowed: Allowed<ReadCommunications>,
    State(deps): State<Deps>,
    list: List<ListCommunications>,
) -> Result<Json<Page<CommunicationView>>, ApiError> {
    let (brand, filters) = (&allowed.brand, &list.filters);
    let slice = match (filters.loan, filters.customer) {
        (None, None) => {
            let range = Range::list(Communication::list_partition(brand.id)).descending();
            let keep = |stored: &Communication| filters.keeps(stored);
            deps.table.list(&range, list.limit, list.after.clone(), keep).await?
        }
        (Some(loan), _) => gather(&deps, brand, &[MessageSubject::Loan(loan)], &list).await?,
        (None, Some(customer)) => {
            let subjects = subjects(&deps, brand, customer).await?;
            gather(&deps, brand, &subjects, &list).await?
        }
    };
    list.page(slice, |stored| CommunicationView::from(&stored)).map(Json)
}

/// Where a customer's messages are.
async fn subjects(
    deps: &Deps,
    brand: &Brand,
    customer: CustomerId,
) -> Result<Vec<MessageSubject>, StoreError> {
    let loans = Customers::new(deps).loans(brand.id, customer).await?;
    let loans = loans.into_iter().rev().take(CUSTOMER_LIMIT_LOANS).map(MessageSubject::Loan);
    Ok(std::iter::once(MessageSubject::Customer(customer)).chain(loans).collect())
}

/// One page, newest first, out of several collections.
async fn gather(
    deps: &Deps,
    brand: &Brand,
    subjects: &[MessageSubject],
    list: &List<ListCommunications>,
) -> Result<Slice<Communication>, StoreError> {
    let before = list.after.as_ref().and_then(Bookmark::marked);
    let mut items = Vec::new();
    for subject in subjects {
        items.extend(newest(deps, brand, *subject, before, list).await?);
    }
    items.sort_by_key(|stored| std::cmp::Reverse(stored.id.message));
    let has_more = items.len() > list.limit;
    items.truncate(list.limit);
    let last = items.last().filter(|_| has_more);
    let next = last.map(|stored| Bookmark::mark(stored.id.message.to_string()));
    Ok(Slice { items, next })
}

/// The newest messages of a subject before a place, one more than a page.
async fn newest(
    deps: &Deps,
    brand: &Brand,
    subject: MessageSubject,
    before: Option<&str>,
    list: &List<ListCommunications>,
) -> Result<Vec<Communication>, StoreError> {
    let prefix = Communication::SORT_PREFIX;
    let range = Range::partition(Communication::partition(brand.id, subject)).descending();
    let range = match before {
        Some(before) => range.between(prefix, format!("{prefix}{before}")),
        None => range.prefix(prefix),
    };
    let is_kept = |stored: &Communication| {
        list.filters.keeps(stored) && Some(stored.id.message.to_string().as_str()) != before
    };
    let (mut kept, mut after) = (Vec::new(), None);
    loop {
        let page = deps.table.query::<Communication>(&range, list.limit + 1, after).await?;
        kept.extend(page.items.into_iter().filter(is_kept));
        match page.next {
            Some(next) if kept.len() <= list.limit => after = Some(next),
            _ => return Ok(kept),
        }
    }
}
