use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use domain::dunning::Wishes;
use domain::ids::CustomerId;
use garde::Validate;
use http::header;
use jiff::Timestamp;
use platform::Deps;
use platform::auth::Allowed;
use platform::auth::permission::{ManageContact, ReadCommunications};
use platform::http::{ApiError, Body, ErrorBody, IfMatch, Path, RequestId};
use platform::store::{Brand, Contact, Customers, Effect};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::event;

const NOTE_LIMIT_CHARS: usize = 500;

/// Whether a borrower may be written to.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = MessageContact)]
pub struct ContactView {
    #[schema(value_type = String)]
    pub customer_id: CustomerId,
    /// Staff decided that the borrower is not written to.
    pub do_not_contact: bool,
    /// The borrower asked not to be written to.
    pub opted_out: bool,
    /// The borrower agreed to be written to.
    pub consent: bool,
    /// Why staff set it so.
    pub note: Option<String>,
    /// Messages that left today, and on the seven days that end today.
    pub sent_today: u32,
    pub sent_this_week: u32,
    pub allowed_a_day: u32,
    pub allowed_a_week: u32,
    pub changed_by: Option<String>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub changed_at: Option<Timestamp>,
}

impl ContactView {
    fn of(deps: &Deps, brand: &Brand, contact: &Contact) -> Self {
        let (today, rules) = (deps.today(brand), brand.contact_rules());
        let Wishes { do_not_contact, opted_out, consent } = contact.wishes;
        Self {
            customer_id: contact.customer,
            do_not_contact,
            opted_out,
            consent,
            note: contact.note.clone(),
            sent_today: contact.tally.on(today),
            sent_this_week: contact.tally.week_to(today),
            allowed_a_day: rules.per_day,
            allowed_a_week: rules.per_week,
            changed_by: contact.changed_by.clone(),
            changed_at: contact.changed_at,
        }
    }
}

/// What is to be known of a borrower's wishes.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[garde(allow_unvalidated)]
#[schema(as = UpdateMessageContact)]
pub struct UpdateContact {
    pub do_not_contact: bool,
    pub opted_out: bool,
    pub consent: bool,
    /// Why, for whoever reads it later.
    #[garde(length(chars, min = 1, max = NOTE_LIMIT_CHARS))]
    pub note: String,
}

/// Get whether a borrower may be written to
#[utoipa::path(
    get,
    path = "/api/v1/partner/brand/{brandId}/communications/contacts/{customerId}",
    operation_id = "get_message_contact",
    tag = "communications",
    responses((status = 200, description = "the borrower's wishes", body = ContactView))
)]
pub(super) async fn get(
    allowed: Allowed<ReadCommunications>,
    State(deps): State<Deps>,
    Path(id): Path<CustomerId>,
) -> Result<impl IntoResponse, ApiError> {
    let contact = load(&deps, &allowed.brand, id).await?;
    Ok((etag(&contact), Json(ContactView::of(&deps, &allowed.brand, &contact))))
}

/// Keep whether a borrower may be written to
///
/// An opt-out by reply is undone here, where the borrower asked for that.
#[utoipa::path(
    put,
    path = "/api/v1/partner/brand/{brandId}/communications/contacts/{customerId}",
    operation_id = "update_message_contact",
    tag = "communications",
    request_body = UpdateContact,
    params(("If-Match" = Option<String>, Header, description = "the version that was read")),
    responses(
        (status = 200, description = "the borrower's wishes", body = ContactView),
        (status = 409, description = "they changed meanwhile", body = ErrorBody),
    )
)]
pub(super) async fn update(
    allowed: Allowed<ManageContact>,
    State(deps): State<Deps>,
    Path(id): Path<CustomerId>,
    if_match: IfMatch,
    request_id: RequestId,
    Body(body): Body<UpdateContact>,
) -> Result<impl IntoResponse, ApiError> {
    let (brand, actor) = (&allowed.brand, allowed.actor.id.to_string());
    let mut contact = load(&deps, brand, id).await?;
    if_match.check(contact.version)?;
    let before = contact.wishes;
    let UpdateContact { do_not_contact, opted_out, consent, note } = body;
    contact.wishes = Wishes { do_not_contact, opted_out, consent };
    contact.note = Some(note);
    contact.changed_by = Some(actor.clone());
    contact.changed_at = Some(deps.now());
    let effect = effect(&actor, id, before, contact.wishes);
    deps.table
        .tx()
        .replace("contact", &mut contact)
        .create("event", &event(&deps, brand, effect, &request_id))
        .commit()
        .await?;
    Ok((etag(&contact), Json(ContactView::of(&deps, brand, &contact))))
}

fn effect(actor: &str, customer: CustomerId, before: Wishes, after: Wishes) -> Effect {
    Effect::new(actor, "contacts:update", customer)
        .before("doNotContact", before.do_not_contact)
        .before("optedOut", before.opted_out)
        .before("consent", before.consent)
        .after("doNotContact", after.do_not_contact)
        .after("optedOut", after.opted_out)
        .after("consent", after.consent)
}

async fn load(deps: &Deps, brand: &Brand, id: CustomerId) -> Result<Contact, ApiError> {
    if Customers::new(deps).get(brand.id, id).await?.is_none() {
        return Err(ApiError::not_found());
    }
    Ok(Contact::load(&deps.table, brand.id, id).await?)
}

fn etag(contact: &Contact) -> [(header::HeaderName, String); 1] {
    [(header::ETAG, format!("\"{}\"", contact.version))]
}
