use std::collections::HashMap;

use axum::Json;
use axum::extract::State;
use domain::ids::{SessionId, StaffId};
use garde::Validate;
use jiff::Timestamp;
use jiff::civil::Date;
use platform::Deps;
use platform::auth::permission::ReadActivity;
use platform::auth::{Allowed, Department};
use platform::http::{ApiError, List, Page, PageParams, period};
use platform::store::{ActivitySession, Consistency, SessionEnd, StaffUser};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Which logins are to be listed.
#[derive(Debug, Clone, Copy, Deserialize, Validate, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
#[garde(allow_unvalidated)]
pub struct LoginLogFilters {
    #[serde(default)]
    #[param(value_type = Option<String>)]
    pub user_id: Option<StaffId>,
    /// From this date in the brand's timezone on; 92 days before `toDate` where absent.
    #[serde(default)]
    #[param(value_type = Option<String>, format = Date)]
    pub from_date: Option<Date>,
    /// Up to this date in the brand's timezone; today where absent.
    #[serde(default)]
    #[param(value_type = Option<String>, format = Date)]
    pub to_date: Option<Date>,
}

/// A login of a member of staff, and how long they stayed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LoginLog {
    #[schema(value_type = String, example = "ses_01JZ8Q4M6T3N5V7X9Y1B2C3D4E")]
    pub session_id: SessionId,
    #[schema(value_type = String)]
    pub user_id: StaffId,
    /// As it is now.
    pub department: Option<Department>,
    #[schema(value_type = String, format = DateTime)]
    pub logged_in_at: Timestamp,
    /// When they were last heard of.
    #[schema(value_type = String, format = DateTime)]
    pub last_seen_at: Timestamp,
    /// Null while they are signed in.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub logged_out_at: Option<Timestamp>,
    /// LOGOUT, TOKEN_REUSED, REVOKED or IDLE.
    #[schema(value_type = Option<String>)]
    pub end: Option<SessionEnd>,
    /// From the login to the end, or to when they were last heard of.
    pub seconds: i64,
}

impl LoginLog {
    fn new(session: &ActivitySession, user: Option<&StaffUser>) -> Self {
        let until = session.closed_at.unwrap_or(session.last_seen_at);
        Self {
            session_id: session.session,
            user_id: session.staff,
            department: user.map(|user| user.department),
            logged_in_at: session.opened_at,
            last_seen_at: session.last_seen_at,
            logged_out_at: session.closed_at,
            end: session.end,
            seconds: until.duration_since(session.opened_at).as_secs().max(0),
        }
    }
}

/// Who signed in when, the latest first, for 400 days
///
/// A page of one user's may be short and still have a next one. A login that failed opened no
/// session, and is not here.
#[utoipa::path(
    get,
    path = "/api/v1/partner/brand/{brandId}/reports/login-logs",
    operation_id = "list_login_logs",
    tag = "reports",
    params(LoginLogFilters, PageParams),
    responses((status = 200, description = "a page of logins", body = Page<LoginLog>))
)]
pub(super) async fn login_logs(
    allowed: Allowed<ReadActivity>,
    State(deps): State<Deps>,
    list: List<LoginLogFilters>,
) -> Result<Json<Page<LoginLog>>, ApiError> {
    let brand = &allowed.brand;
    let LoginLogFilters { user_id, from_date, to_date } = list.filters;
    let period = period::of_named(&deps, brand, ("fromDate", from_date), ("toDate", to_date))?;
    let partition_of = |month: &str| ActivitySession::partition(Some(brand.id), month);
    let keep = |session: &ActivitySession| {
        period.contains(session.opened_at) && user_id.is_none_or(|id| session.staff == id)
    };
    let after = list.after.clone();
    let slice = deps.table.latest_by_month(partition_of, &period, list.limit, after, keep).await?;
    let mut keys: Vec<_> =
        slice.items.iter().map(|session| StaffUser::key_of(session.staff)).collect();
    keys.sort();
    keys.dedup();
    let users: Vec<StaffUser> = deps.table.batch_get(&keys, Consistency::Eventual).await?;
    let users: HashMap<StaffId, StaffUser> =
        users.into_iter().map(|user| (user.id, user)).collect();
    Ok(Json(list.page(slice, |session| LoginLog::new(&session, users.get(&session.staff)))?))
}
