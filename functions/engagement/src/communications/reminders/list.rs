use axum::Json;
use axum::extract::State;
use domain::ids::{CustomerId, LoanId};
use garde::Validate;
use platform::Deps;
use platform::auth::Allowed;
use platform::auth::permission::ReadCommunications;
use platform::http::{ApiError, List, Page, PageParams};
use platform::store::{Range, ReminderState, UserReminder};
use serde::Deserialize;
use utoipa::IntoParams;

use super::view::ReminderView;

/// Which reminders are to be listed.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
#[garde(allow_unvalidated)]
pub struct ListReminders {
    #[serde(default)]
    #[param(value_type = Option<String>)]
    pub customer: Option<CustomerId>,
    #[serde(default)]
    #[param(value_type = Option<String>)]
    pub loan: Option<LoanId>,
    #[serde(default)]
    #[param(value_type = Option<String>, example = "SCHEDULED")]
    pub state: Option<ReminderState>,
}

/// List reminders
///
/// The latest created first. A page of a filtered list may be short and still have a next one.
#[utoipa::path(
    get,
    path = "/api/v1/partner/brand/{brandId}/user-reminders",
    operation_id = "list_user_reminders",
    tag = "communications",
    params(ListReminders, PageParams),
    responses((status = 200, description = "one page of reminders", body = Page<ReminderView>))
)]
pub(in crate::communications) async fn list(
    allowed: Allowed<ReadCommunications>,
    State(deps): State<Deps>,
    list: List<ListReminders>,
) -> Result<Json<Page<ReminderView>>, ApiError> {
    let filters = &list.filters;
    let range = Range::list(UserReminder::list_partition(allowed.brand.id)).descending();
    let keep = |reminder: &UserReminder| {
        filters.customer.is_none_or(|customer| reminder.customer == customer)
            && filters.loan.is_none_or(|loan| reminder.loan == Some(loan))
            && filters.state.is_none_or(|state| reminder.state == state)
    };
    let slice = deps.table.list(&range, list.limit, list.after.clone(), keep).await?;
    list.page(slice, |reminder| ReminderView::from(&reminder)).map(Json)
}
