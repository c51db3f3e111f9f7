use std::collections::HashMap;

use axum::Json;
use axum::extract::State;
use domain::invoices::{InvoiceStatus, days_between};
use garde::Validate;
use jiff::Span;
use jiff::civil::Date;
use platform::Deps;
use platform::auth::Allowed;
use platform::auth::permission::ReadInvoices;
use platform::http::{ApiError, List, Page, PageParams};
use platform::origination::text_of;
use platform::store::{
    Bookmark, Brand, Consistency, Entity, Key, LoanRecord, Loans, Range, Slice, StoreError,
};
use platform::views::InvoiceView;
use serde::Deserialize;
use utoipa::IntoParams;

/// Contracts that one call looks at, at most, to fill a page.
const LOANS_LIMIT_ITEMS: usize = 500;
const BATCH_MIN_ITEMS: usize = 10;
const BATCH_MAX_ITEMS: usize = 100;
/// Before and after every sort key.
const FIRST: &str = "0";
const LAST: &str = "~";

/// Which invoices to show.
#[derive(Debug, Clone, Deserialize, Validate, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
#[garde(allow_unvalidated)]
pub struct InvoiceFilters {
    /// PENDING, UNPAID, PAID, RENEGOTIATED or CANCELLED. The first two are of active loans, by
    /// oldest due date of their contract; everything else is in the order of the contracts.
    #[param(value_type = Option<String>)]
    pub status: Option<InvoiceStatus>,
    /// The first due date.
    #[param(value_type = Option<String>, format = Date)]
    pub due_from: Option<Date>,
    /// The last due date.
    #[param(value_type = Option<String>, format = Date)]
    pub due_to: Option<Date>,
    /// Open invoices of active loans with at least so many days past due.
    pub dpd_from: Option<u16>,
    /// Open invoices of active loans with at most so many days past due.
    pub dpd_to: Option<u16>,
}

/// The filters on a business date.
struct Wanted {
    today: Date,
    filters: InvoiceFilters,
}

impl Wanted {
    /// Whether only open invoices of active loans can be meant.
    fn is_open_only(&self) -> bool {
        let InvoiceFilters { status, dpd_from, dpd_to, .. } = self.filters;
        matches!(status, Some(InvoiceStatus::Pending | InvoiceStatus::Unpaid))
            || dpd_from.is_some()
            || dpd_to.is_some()
    }

    /// The latest due date that can be meant.
    fn latest_due(&self) -> Option<Date> {
        let overdue = (self.filters.status == Some(InvoiceStatus::Unpaid)).then_some(1);
        let days = self.filters.dpd_from.max(overdue).filter(|days| *days > 0);
        let by_days = days.and_then(|days| self.today.checked_sub(Span::new().days(days)).ok());
        [by_days, self.filters.due_to].into_iter().flatten().min()
    }

    fn keeps(&self, invoice: &InvoiceView) -> bool {
        let InvoiceFilters { status, due_from, due_to, dpd_from, dpd_to } = self.filters;
        let days = days_between(invoice.due_date, self.today).max(0);
        status.is_none_or(|status| invoice.status == text_of(&status))
            && due_from.is_none_or(|from| invoice.due_date >= from)
            && due_to.is_none_or(|to| invoice.due_date <= to)
            && dpd_from.is_none_or(|from| days >= i64::from(from))
            && dpd_to.is_none_or(|to| days <= i64::from(to))
            && (!self.is_open_only() || invoice.closed_on.is_none())
    }

    /// The parts of the index that hold the contracts to look at, from `first` on.
    fn ranges(&self, brand: &Brand, first: &str) -> Vec<Range> {
        if !self.is_open_only() {
            let range = Range::list(LoanRecord::list_partition(brand.id)).between(first, LAST);
            return vec![range];
        }
        let last = self.latest_due().map_or_else(|| LAST.to_owned(), |due| format!("{due}#{LAST}"));
        (0..brand.shards.max(1))
            .map(|shard| LoanRecord::due_partition(brand.id, shard))
            .map(|partition| Range::due(partition).between(first, last.as_str()))
            .collect()
    }
}

/// Where a page stopped: the contract's place in the index, and the last invoice looked at.
#[derive(Debug, Clone)]
struct Mark {
    sort: String,
    number: u16,
}

impl Mark {
    fn read(bookmark: &Bookmark) -> Option<Self> {
        let (sort, number) = bookmark.marked()?.rsplit_once('|')?;
        Some(Self { sort: sort.to_owned(), number: number.parse().ok()? })
    }

    fn bookmark(&self) -> Bookmark {
        Bookmark::mark(format!("{}|{}", self.sort, self.number))
    }
}

/// Invoices as of today. A page may hold fewer than `limit` where the filters leave few.
#[utoipa::path(get, path = "/api/v1/partner/brand/{brandId}/invoices", tag = "invoices",
    params(InvoiceFilters, PageParams), responses((status = 200, body = Page<InvoiceView>)))]
pub async fn list(
    allowed: Allowed<ReadInvoices>,
    State(deps): State<Deps>,
    list: List<InvoiceFilters>,
) -> Result<Json<Page<InvoiceView>>, ApiError> {
    let brand = &allowed.brand;
    let wanted = Wanted { today: deps.today(brand), filters: list.filters.clone() };
    let after = list.after.as_ref().and_then(Mark::read);
    let slice = read(&deps, brand, &wanted, list.limit, after).await?;
    Ok(Json(list.page(slice, |view| view)?))
}

async fn read(
    deps: &Deps,
    brand: &Brand,
    wanted: &Wanted,
    limit: usize,
    mut after: Option<Mark>,
) -> Result<Slice<InvoiceView>, StoreError> {
    let loans = Loans::new(&deps.table);
    let batch = limit.clamp(BATCH_MIN_ITEMS, BATCH_MAX_ITEMS);
    let mut items: Vec<InvoiceView> = Vec::new();
    let mut last_kept = None;
    for _ in 0..LOANS_LIMIT_ITEMS.div_ceil(batch) {
        let first = after.as_ref().map_or(FIRST, |mark| mark.sort.as_str());
        let entries = deps.table.merged_entries(&wanted.ranges(brand, first), batch).await?;
        let is_last = entries.len() < batch;
        let keys: Vec<Key> = entries.iter().map(|(_, key)| key.clone()).collect();
        let records = deps.table.batch_get::<LoanRecord>(&keys, Consistency::Eventual).await?;
        let mut records: HashMap<Key, LoanRecord> =
            records.into_iter().map(|record| (record.key(), record)).collect();
        for (sort, key) in entries {
            let seen =
                after.as_ref().filter(|mark| mark.sort == sort).map_or(0, |mark| mark.number);
            after = Some(Mark { sort: sort.clone(), number: u16::MAX });
            let Some(record) = records.remove(&key) else { continue };
            let invoices = if wanted.is_open_only() {
                record.loan.invoices.clone()
            } else {
                loans.invoices(&record).await?
            };
            for invoice in invoices.iter().filter(|invoice| invoice.number > seen) {
                let view = InvoiceView::new(&record.loan, invoice, wanted.today);
                if !wanted.keeps(&view) {
                    continue;
                }
                if items.len() == limit {
                    return Ok(Slice { items, next: last_kept.as_ref().map(Mark::bookmark) });
                }
                last_kept = Some(Mark { sort: sort.clone(), number: invoice.number });
                items.push(view);
            }
        }
        if is_last {
            return Ok(Slice { items, next: None });
        }
    }
    Ok(Slice { items, next: after.as_ref().map(Mark::bookmark) })
}
