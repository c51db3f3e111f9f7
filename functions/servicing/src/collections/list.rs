use axum::Json;
use axum::extract::State;
use domain::ids::StaffId;
use domain::loans::status::Status;
use garde::Validate;
use jiff::Span;
use jiff::civil::Date;
use platform::Deps;
use platform::auth::Allowed;
use platform::auth::permission::ReadCollections;
use platform::http::{ApiError, List, Page, PageParams};
use platform::store::{Brand, LoanRecord, Range, Slice};
use serde::Deserialize;
use utoipa::IntoParams;

use super::view::{CollectionItem, buckets};

/// Before and after every sort key.
const FIRST: &str = "0";
const LAST: &str = "~";

/// Which active loans to show.
#[derive(Debug, Clone, Default, Deserialize, Validate, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
#[garde(allow_unvalidated)]
pub struct CollectionFilters {
    /// At least so many days past due.
    pub dpd_from: Option<u16>,
    /// At most so many days past due.
    pub dpd_to: Option<u16>,
    /// SMA-0, SMA-1, SMA-2 or NPA in India; 1-30, 31-60, 61-90 or 90+ elsewhere.
    pub bucket: Option<String>,
    /// Looked after by this member of staff.
    #[param(value_type = Option<String>)]
    pub owner: Option<StaffId>,
}

/// Which loans that are not overdue to show.
#[derive(Debug, Clone, Default, Deserialize, Validate, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
#[garde(allow_unvalidated)]
pub struct OpenFilters {
    /// Looked after by this member of staff.
    #[param(value_type = Option<String>)]
    pub owner: Option<StaffId>,
}

/// Active loans, the oldest open due date first. A page may hold fewer than `limit` where a filter
/// leaves few.
#[utoipa::path(get, path = "/api/v1/partner/brand/{brandId}/collection",
    operation_id = "list_collection", tag = "collections",
    params(CollectionFilters, PageParams), responses((status = 200, body = Page<CollectionItem>)))]
pub async fn all(
    allowed: Allowed<ReadCollections>,
    State(deps): State<Deps>,
    list: List<CollectionFilters>,
) -> Result<Json<Page<CollectionItem>>, ApiError> {
    let dues = Dues::of(&allowed.brand, &list.filters, deps.today(&allowed.brand))?;
    answer(&deps, &allowed.brand, dues, list.filters.owner, &list).await
}

/// Active loans with nothing overdue, the next due date first.
#[utoipa::path(get, path = "/api/v1/partner/brand/{brandId}/collection/pre",
    operation_id = "list_collection_pre", tag = "collections",
    params(OpenFilters, PageParams), responses((status = 200, body = Page<CollectionItem>)))]
pub async fn pre(
    allowed: Allowed<ReadCollections>,
    State(deps): State<Deps>,
    list: List<OpenFilters>,
) -> Result<Json<Page<CollectionItem>>, ApiError> {
    let dues = Dues::default().not_before(deps.today(&allowed.brand));
    answer(&deps, &allowed.brand, dues, list.filters.owner, &list).await
}

/// Active loans with something overdue, the longest first.
#[utoipa::path(get, path = "/api/v1/partner/brand/{brandId}/collection/post",
    operation_id = "list_collection_post", tag = "collections",
    params(CollectionFilters, PageParams), responses((status = 200, body = Page<CollectionItem>)))]
pub async fn post(
    allowed: Allowed<ReadCollections>,
    State(deps): State<Deps>,
    list: List<CollectionFilters>,
) -> Result<Json<Page<CollectionItem>>, ApiError> {
    let today = deps.today(&allowed.brand);
    let dues = Dues::of(&allowed.brand, &list.filters, today)?.not_after(days_before(today, 1));
    answer(&deps, &allowed.brand, dues, list.filters.owner, &list).await
}

/// Oldest open due dates from one day to another, both included.
#[derive(Debug, Clone, Copy, Default)]
struct Dues {
    from: Option<Date>,
    to: Option<Date>,
}

fn days_before(today: Date, days: u32) -> Date {
    today.saturating_sub(Span::new().days(days))
}

impl Dues {
    /// The due dates of loans with the wanted days past due: none is what a loan has whose oldest
    /// due date is today or later.
    fn of(brand: &Brand, filters: &CollectionFilters, today: Date) -> Result<Self, ApiError> {
        let mut dues = Self::default();
        let bucket = match &filters.bucket {
            None => None,
            Some(name) => {
                let known = buckets(brand).iter().find(|bucket| bucket.name == name);
                Some(known.ok_or_else(|| {
                    let names: Vec<_> = buckets(brand).iter().map(|bucket| bucket.name).collect();
                    let message = format!("must be one of {}", names.join(", "));
                    ApiError::invalid_field("bucket", message)
                })?)
            }
        };
        let at_least = [filters.dpd_from.map(u32::from), bucket.map(|bucket| bucket.from)];
        for days in at_least.into_iter().flatten().filter(|days| *days > 0) {
            dues = dues.not_after(days_before(today, days));
        }
        let at_most = [filters.dpd_to.map(u32::from), bucket.and_then(|bucket| bucket.to)];
        for days in at_most.into_iter().flatten() {
            dues = dues.not_before(days_before(today, days));
        }
        Ok(dues)
    }

    fn not_before(self, day: Date) -> Self {
        Self { from: self.from.max(Some(day)), ..self }
    }

    fn not_after(self, day: Date) -> Self {
        Self { to: Some(self.to.map_or(day, |to| to.min(day))), ..self }
    }

    fn hold(&self, due: Date) -> bool {
        self.from.is_none_or(|from| due >= from) && self.to.is_none_or(|to| due <= to)
    }

    /// The parts of the index with such loans, from a sort key on. Sort keys are `date#loan`.
    fn ranges(&self, brand: &Brand, after: Option<&str>) -> Vec<Range> {
        let first = self.from.map_or_else(|| FIRST.to_owned(), |from| from.to_string());
        let first = after.map_or(first, str::to_owned);
        let last = self.to.map_or_else(|| LAST.to_owned(), |to| format!("{to}#{LAST}"));
        if first > last {
            return Vec::new();
        }
        (0..brand.shards.max(1))
            .map(|shard| Range::due(LoanRecord::due_partition(brand.id, shard)))
            .map(|range| range.between(first.as_str(), last.as_str()))
            .collect()
    }
}

async fn answer<F>(
    deps: &Deps,
    brand: &Brand,
    dues: Dues,
    owner: Option<StaffId>,
    list: &List<F>,
) -> Result<Json<Page<CollectionItem>>, ApiError> {
    let ranges = |after: Option<&str>| dues.ranges(brand, after);
    // The index is behind the table for moments: what it leads to is looked at again.
    let keep = |record: &LoanRecord| {
        record.loan.status() == Status::Active
            && owner.is_none_or(|owner| record.owner == Some(owner))
            && record.loan.oldest_open_due().is_some_and(|due| dues.hold(due))
    };
    let table = &deps.table;
    let slice: Slice<LoanRecord> =
        table.merged(ranges, list.limit, list.after.as_ref(), keep).await?;
    let today = deps.today(brand);
    Ok(Json(list.page(slice, |record| CollectionItem::new(brand, &record, today))?))
}
