use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use domain::ids::{AuditId, StaffId};
use garde::Validate;
use jiff::Timestamp;
use jiff::civil::Date;
use platform::Deps;
use platform::auth::Allowed;
use platform::auth::permission::ReadAudit;
use platform::http::{ApiError, List, Page, PageParams, period};
use platform::store::{AuditRecord, Brand, Period, Slice};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

const TEXT_LIMIT_CHARS: usize = 128;

/// Which lines of the audit are to be listed.
#[derive(Debug, Clone, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
#[garde(allow_unvalidated)]
pub(super) struct AuditFilters {
    /// `staff_…`, `key_…`, `cus_…`, `job:overdue`.
    #[serde(default)]
    #[garde(length(chars, min = 1, max = TEXT_LIMIT_CHARS))]
    actor: Option<String>,
    /// `loans:approve`, or all that begin with `loans`.
    #[serde(default)]
    #[garde(length(chars, min = 1, max = TEXT_LIMIT_CHARS))]
    action: Option<String>,
    /// The id of the record that changed.
    #[serde(default)]
    #[garde(length(chars, min = 1, max = TEXT_LIMIT_CHARS))]
    entity: Option<String>,
    /// Date in the brand's timezone, this one included; 92 days before `to` where absent.
    #[serde(default)]
    #[param(value_type = Option<String>, format = Date)]
    from: Option<Date>,
    /// Date in the brand's timezone, this one included; today where absent.
    #[serde(default)]
    #[param(value_type = Option<String>, format = Date)]
    to: Option<Date>,
}

/// One line of the audit: who did what to which record.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AuditLine {
    #[schema(value_type = String, example = "aud_01JZ8Q4M6T3N5V7X9Y1B2C3D4E")]
    pub id: AuditId,
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    pub actor: String,
    pub action: String,
    pub entity: String,
    /// Figures that explain the change, by name.
    pub before: BTreeMap<String, String>,
    pub after: BTreeMap<String, String>,
    pub reason: Option<String>,
    pub request_id: Option<String>,
}

impl From<AuditRecord> for AuditLine {
    fn from(record: AuditRecord) -> Self {
        let AuditRecord { id, at, effect, .. } = record;
        Self {
            id,
            at,
            actor: effect.actor,
            action: effect.action,
            entity: effect.entity,
            before: effect.before,
            after: effect.after,
            reason: effect.reason,
            request_id: effect.request_id,
        }
    }
}

impl AuditFilters {
    fn keeps(&self, record: &AuditRecord) -> bool {
        let effect = &record.effect;
        let same = |filter: &Option<String>, value: &str| {
            filter.as_ref().is_none_or(|wanted| wanted == value)
        };
        let begins = |wanted: &String| {
            effect
                .action
                .strip_prefix(wanted.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
        };
        same(&self.actor, &effect.actor)
            && same(&self.entity, &effect.entity)
            && self.action.as_ref().is_none_or(begins)
    }
}

/// Lists who did what in the brand, the latest first. A change is there a moment after it was
/// made. A page of a filtered list may be short and still have a next one.
#[utoipa::path(
    get,
    path = "/api/v1/partner/brand/{brandId}/audit-logs",
    tag = "staff",
    params(AuditFilters, PageParams),
    responses((status = 200, description = "a page of the audit", body = Page<AuditLine>))
)]
pub(super) async fn all(
    allowed: Allowed<ReadAudit>,
    State(deps): State<Deps>,
    list: List<AuditFilters>,
) -> Result<Json<Page<AuditLine>>, ApiError> {
    let slice = read(&deps, &allowed.brand, &list, |_| true).await?;
    Ok(Json(list.page(slice, AuditLine::from)?))
}

/// Lists what was done to members of staff, and their signing in and out: as `/audit-logs`, of the
/// records that are staff.
#[utoipa::path(
    get,
    path = "/api/v1/partner/brand/{brandId}/user/audit-logs",
    tag = "staff",
    params(AuditFilters, PageParams),
    responses((status = 200, description = "a page of the audit", body = Page<AuditLine>))
)]
pub(super) async fn of_staff(
    allowed: Allowed<ReadAudit>,
    State(deps): State<Deps>,
    list: List<AuditFilters>,
) -> Result<Json<Page<AuditLine>>, ApiError> {
    let is_staff = |record: &AuditRecord| record.effect.entity.parse::<StaffId>().is_ok();
    let slice = read(&deps, &allowed.brand, &list, is_staff).await?;
    Ok(Json(list.page(slice, AuditLine::from)?))
}

async fn read(
    deps: &Deps,
    brand: &Brand,
    list: &List<AuditFilters>,
    of: impl Fn(&AuditRecord) -> bool,
) -> Result<Slice<AuditRecord>, ApiError> {
    let period: Period = period::of(deps, brand, list.filters.from, list.filters.to)?;
    let partition_of = |month: &str| AuditRecord::partition(brand.id, month);
    let keep = |record: &AuditRecord| {
        period.contains(record.at) && of(record) && list.filters.keeps(record)
    };
    let after = list.after.clone();
    Ok(deps.table.latest_by_month(partition_of, &period, list.limit, after, keep).await?)
}
