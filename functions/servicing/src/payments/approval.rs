use axum::Json;
use axum::extract::State;
use platform::Deps;
use platform::auth::Allowed;
use platform::auth::permission::ReadPayments;
use platform::http::{ApiError, List, Page, PageParams};
use platform::store::{Payment, Range};

use super::list::read_keys;
use super::view::PaymentView;

/// The payments that wait for approval, oldest first.
#[utoipa::path(get, path = "/api/v1/partner/brand/{brandId}/payment/approval", tag = "payments",
    params(PageParams), responses((status = 200, body = Page<PaymentView>)))]
pub async fn approval(
    allowed: Allowed<ReadPayments>,
    State(deps): State<Deps>,
    list: List,
) -> Result<Json<Page<PaymentView>>, ApiError> {
    let range = Range::due(Payment::approval_partition(allowed.brand.id));
    let waiting = read_keys(&deps.table, &range, list.limit, list.after.clone()).await?;
    Ok(Json(list.page(waiting, |payment| PaymentView::from(&payment))?))
}
