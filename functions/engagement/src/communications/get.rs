use axum::Json;
use axum::extract::State;
use domain::dunning::Channel;
use domain::ids::CommunicationId;
use platform::Deps;
use platform::auth::Allowed;
use platform::auth::permission::ReadCommunications;
use platform::http::{ApiError, Path};
use platform::store::{Brand, Communication, Consistency, Customers, StoreError, WhatsappInstance};

use super::CommunicationView;

/// Get a message
#[utoipa::path(
    get,
    path = "/api/v1/partner/brand/{brandId}/communications/{communicationId}",
    operation_id = "get_communication",
    tag = "communications",
    responses((status = 200, description = "the message", body = CommunicationView))
)]
pub(super) async fn get(
    allowed: Allowed<ReadCommunications>,
    State(deps): State<Deps>,
    Path(id): Path<CommunicationId>,
) -> Result<Json<CommunicationView>, ApiError> {
    let key = Communication::key_of(allowed.brand.id, id);
    let stored = deps.table.get::<Communication>(&key, Consistency::Strong).await?;
    let stored = stored.ok_or_else(ApiError::not_found)?;
    Ok(Json(whole(&deps, &allowed.brand, &stored).await?))
}

/// The message with the borrower's name and the state of its instance.
pub(super) async fn whole(
    deps: &Deps,
    brand: &Brand,
    stored: &Communication,
) -> Result<CommunicationView, StoreError> {
    let mut view = CommunicationView::from(stored);
    if let Some(customer) = Customers::new(deps).get(brand.id, stored.customer).await? {
        view.text = stored.body.to_person(customer.name.first());
    }
    let instance = stored.instance.as_deref().unwrap_or(&brand.dunning.instance);
    if stored.channel == Channel::Whatsapp && !instance.is_empty() {
        view.instance = Some(WhatsappInstance::load(&deps.table, instance).await?.into());
    }
    Ok(view)
}
