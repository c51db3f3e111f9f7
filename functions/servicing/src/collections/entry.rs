//! What collections noted about a loan: how it is written, and how it is shown.

use axum::http::StatusCode;
use domain::ids::{CollectionEntryId, LoanId};
use domain::money::Amount;
use jiff::Timestamp;
use jiff::civil::Date;
use platform::Deps;
use platform::auth::ActorId;
use platform::http::{ApiError, Once};
use platform::store::{
    Brand, CollectionAct, CollectionEntry, Condition, ContactKind, Effect, Entity, Event,
    LoanRecord, Payment, PaymentStatus, VisitOutcome,
};
use serde::Serialize;
use utoipa::ToSchema;

/// What has become of a promise to pay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PromiseState {
    /// Its day has not passed.
    Open,
    /// Payments with value dates up to its day come to its amount.
    Kept,
    Broken,
}

/// One entry of a loan's timeline of collections; fields of other kinds are null.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CollectionEntry)]
pub struct CollectionEntryView {
    #[schema(value_type = String, example = "col_01JZ0000000000000000000000")]
    pub id: CollectionEntryId,
    #[schema(value_type = String)]
    pub loan_id: LoanId,
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    #[schema(value_type = String)]
    pub author: ActorId,
    /// CONTACT, PROMISE_TO_PAY or FIELD_VISIT.
    #[schema(example = "PROMISE_TO_PAY")]
    pub kind: &'static str,
    pub channel: Option<ContactKind>,
    /// Promised.
    #[schema(value_type = Option<String>)]
    pub amount: Option<Amount>,
    /// The last day of the promise.
    #[schema(value_type = Option<String>, format = Date)]
    pub by: Option<Date>,
    pub promise: Option<PromiseState>,
    pub latitude: Option<f64>,
    pub longitude: Option<f64>,
    pub outcome: Option<VisitOutcome>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub visited_at: Option<Timestamp>,
    pub text: Option<String>,
}

impl CollectionEntryView {
    /// `payments` are the loan's since the promise, where the entry is one.
    pub fn new(entry: CollectionEntry, payments: &[Payment], today: Date) -> Self {
        let CollectionEntry { loan, id, at, author, act, text, .. } = entry;
        let view = Self {
            id,
            loan_id: loan,
            at,
            author,
            kind: "CONTACT",
            channel: None,
            amount: None,
            by: None,
            promise: None,
            latitude: None,
            longitude: None,
            outcome: None,
            visited_at: None,
            text,
        };
        match act {
            CollectionAct::Contact { channel } => Self { channel: Some(channel), ..view },
            CollectionAct::PromiseToPay { amount, by, on } => Self {
                kind: "PROMISE_TO_PAY",
                amount: Some(amount),
                by: Some(by),
                promise: Some(state(amount, (on, by), payments, today)),
                ..view
            },
            CollectionAct::FieldVisit { position, outcome, visited_at } => Self {
                kind: "FIELD_VISIT",
                latitude: Some(position.latitude),
                longitude: Some(position.longitude),
                outcome: Some(outcome),
                visited_at: Some(visited_at),
                ..view
            },
        }
    }
}

fn state(
    promised: Amount,
    (on, by): (Date, Date),
    payments: &[Payment],
    today: Date,
) -> PromiseState {
    let counts = |payment: &&Payment| {
        payment.status == PaymentStatus::Posted && (on..=by).contains(&payment.value_date)
    };
    let paid: Amount = payments.iter().filter(counts).map(|payment| payment.amount).sum();
    if paid >= promised {
        PromiseState::Kept
    } else if today <= by {
        PromiseState::Open
    } else {
        PromiseState::Broken
    }
}

/// What a person did about a loan, to be noted.
pub(super) struct Noted {
    pub loan: LoanId,
    pub act: CollectionAct,
    pub text: Option<String>,
    pub effect: Effect,
}

/// Notes it; 404 where there is no such loan.
pub(super) async fn note(
    deps: &Deps,
    brand: &Brand,
    author: ActorId,
    once: &Once,
    noted: Noted,
) -> Result<(StatusCode, CollectionEntryView), ApiError> {
    let Noted { loan, act, text, effect } = noted;
    let id = CollectionEntryId::new(deps.ulid());
    let entry = CollectionEntry { brand: brand.id, loan, id, at: deps.now(), author, act, text };
    let event = Event::new(deps, Some(brand.id), effect.after("entry", id));
    let tx = deps
        .table
        .tx()
        .check("loan", &LoanRecord::key_of(brand.id, loan), &Condition::present())
        .create(CollectionEntry::NAME, &entry)
        .create(Event::NAME, &event);
    let view = CollectionEntryView::new(entry, &[], deps.today(brand));
    match once.complete(tx, StatusCode::CREATED, &view)?.commit().await {
        Ok(()) => Ok((StatusCode::CREATED, view)),
        Err(error) if error.is_conflict_on("loan") => Err(ApiError::not_found()),
        Err(error) => Err(error.into()),
    }
}
