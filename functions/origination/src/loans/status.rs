use axum::extract::State;
use axum::response::Response;
use domain::ids::{AuditId, JournalEntryId, LoanId};
use domain::loans::status::Transition;
use garde::Validate;
use http::StatusCode;
use jiff::civil::Date;
use platform::auth::permission::ReadLoans;
use platform::auth::{Allowed, Permission};
use platform::http::{
    ApiError, Begin, IfMatch, MaybeIdempotent, Once, Path, RequestId, begin_once, replay,
};
use platform::origination::{LoanTerms, check_caps, invalid_terms};
use platform::store::{
    Brand, Condition, Consistency, Decide, Effect, Event, JournalItem, LoanChange, Loans, Tx,
};
use platform::views::LoanView;
use platform::{Deps, auth};
use serde::Deserialize;
use utoipa::ToSchema;

use super::error::{above_cap, illegal, refused};

const REASON_LIMIT_CHARS: usize = 500;

/// What staff decides about a requested loan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Action {
    Approve,
    Reject,
    Cancel,
    /// Disburse an approved loan: its invoices are created.
    Activate,
}

impl Action {
    const fn permission(self) -> Permission {
        match self {
            Self::Approve | Self::Reject => Permission::ApproveLoans,
            Self::Cancel => Permission::CancelLoans,
            Self::Activate => Permission::ActivateLoans,
        }
    }

    const fn transition(self) -> Transition {
        match self {
            Self::Approve => Transition::Approve,
            Self::Reject => Transition::Reject,
            Self::Cancel => Transition::Cancel,
            Self::Activate => Transition::Activate,
        }
    }

    const fn effect(self) -> &'static str {
        match self {
            Self::Approve => "loans:approve",
            Self::Reject => "loans:reject",
            Self::Cancel => "loans:cancel",
            Self::Activate => "loans:activate",
        }
    }
}

/// A decision about a loan.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub struct ChangeStatus {
    pub action: Action,
    /// Required to reject and to cancel.
    #[serde(default)]
    #[garde(length(chars, min = 1, max = REASON_LIMIT_CHARS))]
    pub reason: Option<String>,
    /// With ACTIVATE: when the money left, today where it is left out.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Date)]
    pub disbursement_date: Option<Date>,
}

/// Approve, reject, cancel or activate a loan
///
/// Besides `loans:read`, the action's own permission is needed: `loans:approve` to approve and
/// reject, `loans:cancel`, `loans:activate`. Activation needs an `Idempotency-Key`; it makes the
/// invoices from the terms of the request, and is refused where the cost on the day of the
/// disbursement differs from what was disclosed.
#[utoipa::path(
    post,
    path = "/api/v1/partner/brand/{brandId}/loans/{loanId}/status",
    tag = "loans",
    request_body = ChangeStatus,
    params(
        ("Idempotency-Key" = Option<String>, Header, description = "names this intent"),
        ("If-Match" = Option<String>, Header, description = "the version that was seen"),
    ),
    responses(
        (status = 200, description = "the loan as it is now", body = LoanView),
        (status = 409, description = "not possible in the loan's state", body = platform::http::ErrorBody),
        (status = 422, description = "the key was used for another request", body = platform::http::ErrorBody),
    )
)]
pub(super) async fn change_status(
    allowed: Allowed<ReadLoans>,
    State(deps): State<Deps>,
    Path(id): Path<LoanId>,
    if_match: IfMatch,
    request_id: RequestId,
    request: MaybeIdempotent<ChangeStatus>,
) -> Result<Response, ApiError> {
    let body = &request.body;
    authorise(&allowed.actor, body.action)?;
    check(body, request.intent.is_some())?;
    let (brand, actor) = (&allowed.brand, allowed.actor.id);
    let effect = Effect::new(actor.to_string(), body.action.effect(), id)
        .reason(body.reason.clone())
        .request(request_id.as_str());
    let once = match begin_once(&deps, brand.id, actor, request.intent.as_ref()).await? {
        Begin::First(once) => once,
        Begin::Again { status, answer } => return replay(status, answer),
    };
    let decision = Decision { deps: &deps, brand, body, if_match, once: &once, effect };
    let outcome = decision.save(id).await;
    once.finish(&deps, outcome).await
}

fn authorise(actor: &auth::Actor, action: Action) -> Result<(), ApiError> {
    let permission = action.permission();
    if actor.may(permission) {
        return Ok(());
    }
    Err(ApiError::forbidden(format!("this needs the permission {permission}")))
}

fn check(body: &ChangeStatus, has_key: bool) -> Result<(), ApiError> {
    let is_activation = body.action == Action::Activate;
    if is_activation && !has_key {
        return Err(ApiError::invalid_field("Idempotency-Key", "is required"));
    }
    if !is_activation && body.disbursement_date.is_some() {
        return Err(ApiError::invalid_field("disbursementDate", "belongs to ACTIVATE only"));
    }
    if matches!(body.action, Action::Reject | Action::Cancel) && body.reason.is_none() {
        return Err(ApiError::invalid_field("reason", "is required"));
    }
    Ok(())
}

/// One decision, to be made again where another change gets in between.
struct Decision<'a> {
    deps: &'a Deps,
    brand: &'a Brand,
    body: &'a ChangeStatus,
    if_match: IfMatch,
    once: &'a Once,
    effect: Effect,
}

impl Decide for Decision<'_> {
    type Outcome = LoanView;
    type Error = ApiError;

    async fn decide<'t>(
        &self,
        change: &mut LoanChange,
        tx: Tx<'t>,
    ) -> Result<(LoanView, Tx<'t>), ApiError> {
        self.if_match.check(change.record.version)?;
        let before = change.record.loan.stage;
        let effect = self.effect.clone().before("stage", before);
        let tx = if self.body.action == Action::Activate {
            self.activate(change, effect, tx).await?
        } else {
            let loan = &mut change.record.loan;
            loan.originate(self.body.action.transition()).map_err(|error| illegal(&error))?;
            let effect = effect.after("stage", loan.stage);
            tx.create("event", &self.event(effect))
        };
        let today = self.deps.today(self.brand);
        let view = LoanView::new(&change.record, today, false).stored();
        let tx = self.once.complete(tx, StatusCode::OK, &view)?;
        Ok((view, tx))
    }
}

impl Decision<'_> {
    async fn save(&self, id: LoanId) -> Result<(StatusCode, LoanView), ApiError> {
        let (today, now) = (self.deps.today(self.brand), self.deps.now());
        Loans::new(&self.deps.table)
            .decide(self.brand, id, today, now, self)
            .await?
            .map(|view| (StatusCode::OK, view))
            .ok_or_else(ApiError::not_found)
    }

    fn event(&self, effect: Effect) -> Event {
        let id = AuditId::new(self.deps.ulid());
        Event { brand: self.brand.id, id, at: self.deps.now(), effect }
    }

    /// Disburses the loan by the terms of its request.
    async fn activate<'t>(
        &self,
        change: &mut LoanChange,
        effect: Effect,
        tx: Tx<'t>,
    ) -> Result<Tx<'t>, ApiError> {
        let loan = &mut change.record.loan;
        loan.stage.after(Transition::Activate).map_err(|error| illegal(&error))?;
        let today = self.deps.today(self.brand);
        let on = self.body.disbursement_date.unwrap_or(today);
        if on > today {
            let message = format!("must not be after the business date {today}");
            return Err(ApiError::invalid_field("disbursementDate", message));
        }
        check_caps(self.brand, &loan.terms, on).map_err(|error| above_cap(&error))?;
        let key = LoanTerms::key_of(self.brand.id, loan.id);
        let stored = self.deps.table.get::<LoanTerms>(&key, Consistency::Strong).await?;
        let mut stored = stored
            .ok_or_else(|| ApiError::internal(format!("{}: no terms are stored", loan.id)))?;
        stored.terms.disbursement_date = Some(on);
        let contract = stored
            .terms
            .contract(self.brand, today)
            .map_err(|error| invalid_terms(error, "terms."))?;
        if let Some((figure, then, now)) = stored.disclosed.difference(&contract.disclosed()) {
            return Err(ApiError::conflict(format!(
                "disbursed on {on}, the loan's {figure} would be {now}, but {then} was disclosed; \
                 update the loan's terms first"
            )));
        }
        let changed = loan.activate(&contract.activation()).map_err(|error| refused(&error))?;
        let effect = effect
            .after("stage", loan.stage)
            .after("disbursed", loan.disbursed)
            .after("on", on)
            .after("invoices", loan.invoices.len());
        let id = JournalEntryId::new(self.deps.ulid());
        let now = self.deps.now();
        let item = JournalItem::new(&change.record, id, now, effect, &changed.entries, None)?;
        change.journal(item.with_opening(&change.record.loan)?);
        Ok(tx.check("terms", &key, &Condition::equals("v", stored.version)?))
    }
}
