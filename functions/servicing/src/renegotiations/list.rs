use axum::Json;
use axum::extract::State;
use domain::ids::LoanId;
use garde::Validate;
use platform::Deps;
use platform::auth::Allowed;
use platform::auth::permission::ReadRenegotiations;
use platform::http::{ApiError, List, Page, PageParams};
use platform::store::{Range, Renegotiation, RenegotiationStatus};
use serde::Deserialize;
use utoipa::IntoParams;

use super::view::RenegotiationView;

/// Which renegotiations to show.
#[derive(Debug, Clone, Deserialize, Validate, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
#[garde(allow_unvalidated)]
pub struct RenegotiationFilters {
    /// The loan that is replaced.
    #[param(value_type = Option<String>)]
    pub loan: Option<LoanId>,
    /// As of today: PROPOSED only where it can still be approved.
    pub status: Option<RenegotiationStatus>,
}

/// Renegotiations, latest first. A page may hold fewer than `limit` where a filter leaves few.
#[utoipa::path(get, path = "/api/v1/partner/brand/{brandId}/renegotiations",
    operation_id = "list_renegotiations", tag = "renegotiations",
    params(RenegotiationFilters, PageParams),
    responses((status = 200, body = Page<RenegotiationView>)))]
pub async fn list(
    allowed: Allowed<ReadRenegotiations>,
    State(deps): State<Deps>,
    list: List<RenegotiationFilters>,
) -> Result<Json<Page<RenegotiationView>>, ApiError> {
    let brand = &allowed.brand;
    let (today, filters) = (deps.today(brand), &list.filters);
    let keep = |renegotiation: &Renegotiation| {
        filters.loan.is_none_or(|loan| renegotiation.loan == loan)
            && filters
                .status
                .is_none_or(|status| RenegotiationView::new(renegotiation, today).status == status)
    };
    let range = Range::list(Renegotiation::list_partition(brand.id)).descending();
    let slice = deps.table.list(&range, list.limit, list.after.clone(), keep).await?;
    Ok(Json(list.page(slice, |renegotiation| RenegotiationView::new(&renegotiation, today))?))
}
