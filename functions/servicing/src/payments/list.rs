use axum::Json;
use axum::extract::State;
use domain::ids::LoanId;
use garde::Validate;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use platform::Deps;
use platform::auth::Allowed;
use platform::auth::permission::ReadPayments;
use platform::http::{ApiError, List, Page, PageParams};
use platform::store::{
    Bookmark, Consistency, LoanRecord, Payment, PaymentStatus, Range, Slice, StoreError, Table,
};
use serde::Deserialize;
use utoipa::IntoParams;

use super::view::PaymentView;

/// After every id.
const LAST: &str = "~";

/// Which payments to show.
#[derive(Debug, Clone, Deserialize, Validate, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
#[garde(allow_unvalidated)]
pub struct PaymentFilters {
    #[param(value_type = Option<String>)]
    pub loan: Option<LoanId>,
    pub status: Option<PaymentStatus>,
    /// The first value date.
    #[param(value_type = Option<String>, format = Date)]
    pub from: Option<Date>,
    /// The last value date.
    #[param(value_type = Option<String>, format = Date)]
    pub to: Option<Date>,
}

impl PaymentFilters {
    fn keeps(&self, payment: &Payment) -> bool {
        self.status.is_none_or(|status| payment.status == status)
            && self.from.is_none_or(|from| payment.value_date >= from)
            && self.to.is_none_or(|to| payment.value_date <= to)
    }

    /// The first id of a payment that can have such a value date: none is recorded before its
    /// value date, and ids are in the order of recording.
    fn first_id(&self, timezone: &TimeZone) -> String {
        let midnight = self.from.and_then(|from| from.to_zoned(timezone.clone()).ok());
        let millis = midnight.map_or(0, |midnight| midnight.timestamp().as_millisecond());
        ulid::Ulid::from_parts(u64::try_from(millis).unwrap_or(0), 0).to_string()
    }
}

/// Payments, latest first. A page may hold fewer than `limit` where a filter leaves few.
#[utoipa::path(get, path = "/api/v1/partner/brand/{brandId}/payment", tag = "payments",
    params(PaymentFilters, PageParams), responses((status = 200, body = Page<PaymentView>)))]
pub async fn list(
    allowed: Allowed<ReadPayments>,
    State(deps): State<Deps>,
    list: List<PaymentFilters>,
) -> Result<Json<Page<PaymentView>>, ApiError> {
    let brand = &allowed.brand;
    let (filters, table) = (&list.filters, &deps.table);
    let after = list.after.clone();
    let first = filters.first_id(&brand.timezone);
    let slice = if let Some(loan) = filters.loan {
        let prefix = Payment::SORT_PREFIX;
        let range = Range::partition(LoanRecord::partition(brand.id, loan))
            .between(format!("{prefix}{first}"), format!("{prefix}{LAST}"))
            .descending();
        table.query::<Payment>(&range, list.limit, after).await?
    } else if filters.status == Some(PaymentStatus::PendingApproval) {
        let range =
            Range::due(Payment::approval_partition(brand.id)).between(first, LAST).descending();
        read_keys(table, &range, list.limit, after).await?
    } else {
        let range =
            Range::list(Payment::list_partition(brand.id)).between(first, LAST).descending();
        table.list(&range, list.limit, after, |payment| filters.keeps(payment)).await?
    };
    let items = slice.items.into_iter().filter(|payment| filters.keeps(payment)).collect();
    let slice = Slice { items, next: slice.next };
    Ok(Json(list.page(slice, |payment| PaymentView::from(&payment))?))
}

/// One page of payments by an index, in the index's order.
pub(super) async fn read_keys(
    table: &Table,
    range: &Range,
    limit: usize,
    after: Option<Bookmark>,
) -> Result<Slice<Payment>, StoreError> {
    let page = table.query_keys(range, limit, after).await?;
    let mut items = table.batch_get::<Payment>(&page.items, Consistency::Eventual).await?;
    items.sort_by_key(|payment| {
        page.items.iter().position(|key| *key == platform::store::Entity::key(payment))
    });
    Ok(Slice { items, next: page.next })
}
