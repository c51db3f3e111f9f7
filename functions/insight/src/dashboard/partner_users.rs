use axum::Json;
use axum::extract::State;
use domain::crm::OwnerTally;
use domain::ids::StaffId;
use domain::money::Amount;
use jiff::Timestamp;
use platform::Deps;
use platform::auth::Allowed;
use platform::auth::permission::ReadDashboard;
use platform::http::{ApiError, List, Page, PageParams};
use platform::store::{Aggregate, Dimension, Sum};
use serde::Serialize;
use utoipa::ToSchema;

use super::stats::LoanCounts;

/// What is given to a member of staff.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PartnerUserStats {
    /// Null: what is given to nobody.
    #[schema(value_type = Option<String>)]
    pub user_id: Option<StaffId>,
    pub customers: CustomerCounts,
    pub loans: LoanCounts,
    /// Principal of the requests among them that were not disbursed yet.
    #[schema(value_type = String)]
    pub requested: Amount,
    /// New money lent on the others.
    #[schema(value_type = String)]
    pub disbursed: Amount,
    #[schema(value_type = String, format = DateTime)]
    pub metrics_last_updated: Timestamp,
}

/// Customers by status.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CustomerCounts {
    pub active: i64,
    pub inactive: i64,
    pub blocked: i64,
    /// Whose personal data are gone; they are given to nobody.
    pub erased: i64,
}

impl PartnerUserStats {
    fn new(sum: Sum) -> Self {
        let tally: OwnerTally = sum.figures();
        let user_id = match sum.of {
            Dimension::Owner(owner) => owner,
            Dimension::Month(_) | Dimension::DueIn(_) | Dimension::Subdomain(_) => None,
        };
        Self {
            user_id,
            customers: CustomerCounts {
                active: tally.active_customers,
                inactive: tally.inactive_customers,
                blocked: tally.blocked_customers,
                erased: tally.erased_customers,
            },
            loans: LoanCounts {
                open: tally.open_loans,
                approved: tally.approved_loans,
                active: tally.active_loans,
                paid: tally.paid_loans,
                unapproved: tally.unapproved_loans,
                renegotiated: tally.renegotiated_loans,
                lost: tally.lost_loans,
            },
            requested: tally.requested,
            disbursed: tally.disbursed,
            metrics_last_updated: sum.updated_at,
        }
    }
}

/// Customers and loans by the member of staff they are given to
///
/// What is given to nobody first, then the staff in order of their creation; one query. Who never
/// was given anything is left out.
#[utoipa::path(get, path = "/api/v1/partner/brand/{brandId}/dashboard/partner-user-leads-stats",
    tag = "dashboard", params(PageParams),
    responses((status = 200, body = Page<PartnerUserStats>)))]
pub async fn partner_user_leads_stats(
    allowed: Allowed<ReadDashboard>,
    State(deps): State<Deps>,
    list: List,
) -> Result<Json<Page<PartnerUserStats>>, ApiError> {
    let (table, brand) = (&deps.table, &allowed.brand);
    let slice = Aggregate::owners(table, brand, list.limit, list.after.as_ref()).await?;
    Ok(Json(list.page(slice, PartnerUserStats::new)?))
}
