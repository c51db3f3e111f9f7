use axum::Json;
use axum::extract::State;
use domain::crm::{CustomerTally, Subdomain};
use jiff::Timestamp;
use platform::Deps;
use platform::auth::Allowed;
use platform::auth::permission::ReadDashboard;
use platform::http::{ApiError, List, Page, PageParams};
use platform::store::{Aggregate, Dimension, Sum};
use serde::Serialize;
use utoipa::ToSchema;

/// The customers who came by one of the brand's sites.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SubdomainUsers {
    /// Null: by none, entered by staff or by an import.
    #[schema(value_type = Option<String>, example = "promo")]
    pub subdomain: Option<Subdomain>,
    /// All of them.
    pub users: i64,
    pub active: i64,
    pub inactive: i64,
    pub blocked: i64,
    /// Whose personal data are gone.
    pub erased: i64,
    #[schema(value_type = String, format = DateTime)]
    pub metrics_last_updated: Timestamp,
}

impl SubdomainUsers {
    fn new(sum: Sum) -> Self {
        let users: CustomerTally = sum.figures();
        let subdomain = match sum.of {
            Dimension::Subdomain(subdomain) => subdomain,
            Dimension::Month(_) | Dimension::DueIn(_) | Dimension::Owner(_) => None,
        };
        Self {
            subdomain,
            users: users.active + users.inactive + users.blocked + users.erased,
            active: users.active,
            inactive: users.inactive,
            blocked: users.blocked,
            erased: users.erased,
            metrics_last_updated: sum.updated_at,
        }
    }
}

/// Customers by the site that they came by
///
/// Those without one first, then in alphabetical order; one query.
#[utoipa::path(get, path = "/api/v1/partner/brand/{brandId}/dashboard/users-by-subdomain",
    tag = "dashboard", params(PageParams),
    responses((status = 200, body = Page<SubdomainUsers>)))]
pub async fn users_by_subdomain(
    allowed: Allowed<ReadDashboard>,
    State(deps): State<Deps>,
    list: List,
) -> Result<Json<Page<SubdomainUsers>>, ApiError> {
    let (table, brand) = (&deps.table, &allowed.brand);
    let slice = Aggregate::subdomains(table, brand, list.limit, list.after.as_ref()).await?;
    Ok(Json(list.page(slice, SubdomainUsers::new)?))
}
