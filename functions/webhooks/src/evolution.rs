//! `webhook-evolution`: how far messages have come, whether an instance is connected, and who asks
//! for no more messages.

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use connectors::whatsapp::evolution::webhook::{
    BODY_LIMIT_BYTES, Event, WebhookError, parse, verify,
};
use domain::identity::Phone;
use domain::ids::CustomerId;
use http::{HeaderMap, StatusCode, header};
use platform::Deps;
use platform::auth::Public;
use platform::http::{ApiError, ErrorBody, Routes};
use platform::store::{
    Brand, Contact, Customers, Effect, Event as AuditEvent, StoreError, Unique, WhatsappInstance,
    report,
};

/// Who an opt-out by reply is recorded under.
const ACTOR: &str = "webhook:evolution";
/// An opt-out and messages that leave may meet this often.
const OPT_OUT_LIMIT_TRIES: u32 = 8;

/// The routes of `webhook-evolution`.
pub fn router() -> Routes {
    platform::routes![receive].layer(DefaultBodyLimit::max(BODY_LIMIT_BYTES))
}

/// Receive a report of the WhatsApp gateway
///
/// The gateway's token proves who reports. A report that was seen before, or about a message that
/// is not ours, changes nothing and is acknowledged. The gateway repeats what is answered with 5xx.
#[utoipa::path(
    post,
    path = "/api/v1/webhook/evolution",
    operation_id = "receive_evolution_report",
    tag = "webhook-evolution",
    request_body(content = Object, content_type = "application/json"),
    responses(
        (status = 200, description = "the report is stored"),
        (status = 401, description = "the token is not the gateway's", body = ErrorBody),
        (status = 413, description = "the report is too long", body = ErrorBody),
    )
)]
async fn receive(
    _: Public,
    State(deps): State<Deps>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<StatusCode, ApiError> {
    let Some(key) = &deps.config.whatsapp_webhook_key else {
        return Err(ApiError::unavailable("no key for the gateway's webhooks is configured"));
    };
    let authorization = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let now_s = u64::try_from(deps.clock.wall().as_second()).unwrap_or(0);
    verify(authorization, std::slice::from_ref(key), now_s).map_err(refusal)?;
    let report = parse(&body).map_err(refusal)?;
    for event in &report.events {
        keep(&deps, &report.instance, event).await?;
    }
    Ok(StatusCode::OK)
}

async fn keep(deps: &Deps, instance: &str, event: &Event) -> Result<(), StoreError> {
    let (table, at) = (&deps.table, deps.now());
    match event {
        Event::Message { message_id, status } => {
            let wall = deps.clock.wall();
            if !report(table, instance, message_id, *status, at, wall).await? {
                tracing::info!(instance, message_id, "a report on a message not known (yet)");
            }
        }
        Event::Connection { state, reason } => {
            tracing::info!(instance, ?state, reason, "an instance's connection changed");
            WhatsappInstance::connected(table, instance, *state, at).await?;
        }
        Event::OptOut { message_id, from } => opt_out(deps, instance, message_id, from).await?,
        Event::Ignored { name } => tracing::debug!(instance, name, "a report of no use to us"),
    }
    Ok(())
}

/// Keeps that a borrower asked for no more messages, once, in every brand that writes from the
/// instance. A number that is nobody's asks in vain.
async fn opt_out(
    deps: &Deps,
    instance: &str,
    message_id: &str,
    from: &Phone,
) -> Result<(), StoreError> {
    for brand in deps.brands.all().await? {
        if brand.dunning.instance != instance {
            continue;
        }
        let customer = Customers::new(deps).find(brand.id, Unique::Phone(from)).await?;
        match customer {
            Some(customer) => keep_opt_out(deps, &brand, customer.id, message_id).await?,
            None => tracing::info!(instance, message_id, "an opt-out of nobody known"),
        }
    }
    Ok(())
}

async fn keep_opt_out(
    deps: &Deps,
    brand: &Brand,
    customer: CustomerId,
    message_id: &str,
) -> Result<(), StoreError> {
    for _ in 0..OPT_OUT_LIMIT_TRIES {
        let mut contact = Contact::load(&deps.table, brand.id, customer).await?;
        if contact.wishes.opted_out {
            return Ok(());
        }
        contact.wishes.opted_out = true;
        contact.changed_by = Some(ACTOR.to_owned());
        contact.changed_at = Some(deps.now());
        let effect = Effect::new(ACTOR, "contacts:opt-out", customer).after("message", message_id);
        let event = AuditEvent::new(deps, Some(brand.id), effect);
        let tx = deps.table.tx().replace("contact", &mut contact).create("event", &event);
        match tx.commit().await {
            Err(error) if error.is_conflict() => {}
            result => return result,
        }
    }
    // The gateway repeats the report.
    Err(StoreError::Contention)
}

fn refusal(error: WebhookError) -> ApiError {
    match error {
        WebhookError::MissingToken | WebhookError::InvalidToken | WebhookError::ExpiredToken => {
            ApiError::unauthenticated().log(error.to_string())
        }
        // Ours to mend, so the gateway is to repeat the report.
        WebhookError::Key => ApiError::unavailable(error.to_string()),
        WebhookError::TooLong => ApiError::too_large(error.to_string()),
        WebhookError::Malformed => ApiError::malformed(error.to_string()),
    }
}
