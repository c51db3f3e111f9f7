use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain::dunning::{Channel, TemplateError, TemplateText};
use domain::ids::{CustomerId, LoanId, ReminderId, TemplateId};
use garde::Validate;
use http::StatusCode;
use jiff::civil::DateTime;
use jiff::{SignedDuration, Timestamp};
use platform::Deps;
use platform::auth::Allowed;
use platform::auth::permission::SendCommunications;
use platform::http::{ApiError, Begin, ErrorBody, Idempotent, Once, RequestId, begin_once, replay};
use platform::reminders::schedule;
use platform::store::{Brand, Effect, ReminderState, UserReminder};
use serde::Deserialize;
use utoipa::ToSchema;

use super::refusal;
use super::view::ReminderView;
use crate::communications::event;
use crate::communications::send::{Wording, addressee, wording};

/// Nobody plans further ahead than this.
const AHEAD_LIMIT: SignedDuration = SignedDuration::from_hours(366 * 24);

/// A message to be sent at a time: to a customer or about a loan, by a template or in words of its
/// own.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[garde(allow_unvalidated)]
#[schema(as = CreateUserReminder)]
pub struct CreateReminder {
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "loan_01JZ0000000000000000000000")]
    pub loan_id: Option<LoanId>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub customer_id: Option<CustomerId>,
    /// By the brand's clock, to the second, within a year.
    #[schema(value_type = String, example = "2026-03-12T10:00:00")]
    pub remind_at: DateTime,
    /// WHATSAPP where it is left out. A text message needs a template that the provider has.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "WHATSAPP")]
    pub channel: Option<Channel>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub template_id: Option<TemplateId>,
    /// May have the placeholders of a template; those with figures need a loan.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "Olá, {name}! Combinamos de falar hoje.")]
    pub text: Option<TemplateText>,
}

/// Create a reminder
///
/// At its time the message is queued, and leaves as one that is sent by hand: within the hours in
/// which borrowers may be contacted, with the figures of that day. Where the scheduler does not
/// answer (503), the same request with the same `Idempotency-Key` completes the reminder.
#[utoipa::path(
    post,
    path = "/api/v1/partner/brand/{brandId}/user-reminders",
    operation_id = "create_user_reminder",
    tag = "communications",
    request_body = CreateReminder,
    params(("Idempotency-Key" = String, Header, description = "names this intent")),
    responses(
        (status = 201, description = "the reminder, scheduled", body = ReminderView),
        (status = 422, description = "the key was used for another request", body = ErrorBody),
    )
)]
pub(in crate::communications) async fn create(
    allowed: Allowed<SendCommunications>,
    State(deps): State<Deps>,
    request_id: RequestId,
    request: Idempotent<CreateReminder>,
) -> Result<Response, ApiError> {
    let (brand, actor) = (&allowed.brand, allowed.actor.id);
    let once = match begin_once(&deps, brand.id, actor, Some(&request.intent)).await? {
        Begin::First(once) => once,
        Begin::Again { status, answer } => {
            complete(&deps, brand, &answer).await?;
            return replay(status, answer);
        }
    };
    let recorded = record(&deps, brand, request.body, actor.to_string(), &once, &request_id).await;
    let view = match recorded {
        Ok(view) => view,
        Err(error) => {
            once.give_back(&deps).await;
            return Err(error);
        }
    };
    schedule(&deps, brand, view.id).await.map_err(refusal)?;
    Ok((StatusCode::CREATED, Json(view)).into_response())
}

/// Gives a reminder that was recorded before the schedule that it may still lack.
async fn complete(deps: &Deps, brand: &Brand, answer: &str) -> Result<(), ApiError> {
    let view: ReminderView =
        serde_json::from_str(answer).map_err(|error| ApiError::internal_from(&error))?;
    schedule(deps, brand, view.id).await.map_err(refusal)?;
    Ok(())
}

/// Records the reminder. The answer is kept as it will be given: scheduled, for only then it is.
async fn record(
    deps: &Deps,
    brand: &Brand,
    body: CreateReminder,
    actor: String,
    once: &Once,
    request_id: &RequestId,
) -> Result<ReminderView, ApiError> {
    let mut reminder = reminder_of(deps, brand, body, actor).await?;
    let effect = Effect::new(reminder.created_by.as_str(), "reminders:create", reminder.id)
        .after("customer", reminder.customer)
        .after("at", reminder.at);
    let view = ReminderView { state: ReminderState::Scheduled, ..ReminderView::from(&reminder) };
    let tx = deps
        .table
        .tx()
        .replace("reminder", &mut reminder)
        .create("event", &event(deps, brand, effect, request_id));
    once.complete(tx, StatusCode::CREATED, &view)?.commit().await?;
    Ok(view)
}

async fn reminder_of(
    deps: &Deps,
    brand: &Brand,
    body: CreateReminder,
    created_by: String,
) -> Result<UserReminder, ApiError> {
    let (local, at) = moment(deps, brand, body.remind_at)?;
    let (_, customer, statement) = addressee(deps, brand, body.loan_id, body.customer_id).await?;
    let channel = body.channel.unwrap_or(Channel::Whatsapp);
    let Wording { field, text, registered } =
        wording(deps, brand, channel, body.template_id, body.text).await?;
    text.render(brand.message_style(), statement.as_ref())
        .map_err(|error: TemplateError| ApiError::invalid_field(field, error.to_string()))?;
    Ok(UserReminder {
        brand: brand.id,
        id: ReminderId::new(deps.ulid()),
        version: 0,
        customer,
        loan: body.loan_id,
        channel,
        text,
        registered,
        local,
        at,
        state: ReminderState::Scheduling,
        created_by,
        created_at: deps.now(),
        fired_at: None,
    })
}

/// The time as the brand's clock shows it and as an instant; a time that the clock skips is as much
/// later as it skips.
fn moment(deps: &Deps, brand: &Brand, local: DateTime) -> Result<(DateTime, Timestamp), ApiError> {
    let wrong = |message: &str| ApiError::invalid_field("remindAt", message);
    if local.subsec_nanosecond() != 0 {
        return Err(wrong("must have no fractions of a second"));
    }
    let zoned = local.to_zoned(brand.timezone.clone());
    let zoned = zoned.map_err(|_| wrong("is outside the calendar"))?;
    let (at, now) = (zoned.timestamp(), deps.now());
    if at <= now {
        return Err(wrong("must be later than now"));
    }
    if at.duration_since(now) > AHEAD_LIMIT {
        return Err(wrong("must be within a year"));
    }
    Ok((zoned.datetime(), at))
}
