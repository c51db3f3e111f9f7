use axum::extract::State;
use axum::http::{Method, StatusCode, Uri};
use axum::response::Response;
use domain::ids::{LoanId, PaymentId, RenegotiationId};
use domain::ledger::{Applied, CommandError};
use platform::Deps;
use platform::auth::permission::ApproveRenegotiations;
use platform::auth::{Actor, Allowed};
use platform::http::{
    ApiError, Begin, Fingerprint, IdempotencyKey, Intent, Once, Path, RequestId, begin_once, replay,
};
use platform::origination::{LoanTerms, link_customer};
use platform::renegotiation::{Derived, NewIds, OfferError, derive};
use platform::servicing::Entered;
use platform::store::{
    Author, Brand, Consistency, Decide, Decision, Entity, JournalItem, LoanChange, LoanRecord,
    Loans, Payment, PaymentMethod, PaymentStatus, Payments, Posted, Renegotiation,
    RenegotiationStatus, Replacement, Tx,
};

use super::proposed;
use super::view::RenegotiationView;

/// Approves a renegotiation: the old loan is renegotiated, the new one is active.
///
/// Everything is as of the date of the proposal, and is exactly what was proposed: 409 where the
/// loan has changed since, or where the proposal's last date has passed. 403 for who proposed it,
/// where the brand wants another person (or wants payments approved, and there is a down payment).
#[utoipa::path(post,
    path = "/api/v1/partner/brand/{brandId}/renegotiations/{renegotiationId}/approve",
    operation_id = "approve_renegotiation", tag = "renegotiations",
    params(("Idempotency-Key" = Option<String>, Header, description = "the client's name for this approval")),
    responses((status = 200, description = "approved", body = RenegotiationView),
        (status = 409, description = "the loan's or the renegotiation's state"),
        (status = 422, description = "the key was used for another request")))]
pub async fn approve(
    allowed: Allowed<ApproveRenegotiations>,
    State(deps): State<Deps>,
    request_id: RequestId,
    uri: Uri,
    key: Option<IdempotencyKey>,
    Path(id): Path<RenegotiationId>,
) -> Result<Response, ApiError> {
    let Allowed { actor, brand, .. } = allowed;
    let fingerprint = Fingerprint::of(&Method::POST, uri.path(), &[]);
    let intent = key.map(|key| Intent { key, fingerprint });
    let once = match begin_once(&deps, brand.id, actor.id, intent.as_ref()).await? {
        Begin::First(once) => once,
        Begin::Again { status, answer } => return replay(status, answer),
    };
    let approval = Approval {
        deps: &deps,
        brand: &brand,
        actor: &actor,
        author: Author::of_request(&actor, &request_id),
        once: &once,
        id,
        ids: NewIds { loan: LoanId::new(deps.ulid()), down_payment: PaymentId::new(deps.ulid()) },
    };
    let outcome = approval.save().await;
    once.finish(&deps, outcome).await
}

/// One approval, to be made again from its readings where another change gets in between.
struct Approval<'a> {
    deps: &'a Deps,
    brand: &'a Brand,
    actor: &'a Actor,
    author: Author,
    once: &'a Once,
    id: RenegotiationId,
    ids: NewIds,
}

impl Approval<'_> {
    async fn save(&self) -> Result<(StatusCode, RenegotiationView), ApiError> {
        let (today, at) = (self.deps.today(self.brand), self.deps.now());
        let loan = self.load().await?.loan;
        let view = Loans::new(&self.deps.table).decide(self.brand, loan, today, at, self).await?;
        Ok((StatusCode::OK, view.ok_or_else(ApiError::not_found)?))
    }

    /// The proposal, where it can be approved by the caller today.
    async fn load(&self) -> Result<Renegotiation, ApiError> {
        let key = Renegotiation::key_of(self.brand.id, self.id);
        let stored = self.deps.table.get::<Renegotiation>(&key, Consistency::Strong).await?;
        let renegotiation = stored.ok_or_else(ApiError::not_found)?;
        proposed(&renegotiation)?;
        if renegotiation.until < self.deps.today(self.brand) {
            let message = format!("it could be approved until {}", renegotiation.until);
            return Err(ApiError::conflict(message));
        }
        let has_down_payment = renegotiation.offer.down_payment.is_positive();
        let needs_another = self.brand.servicing.renegotiations_need_another_person
            || (self.brand.payments_need_approval && has_down_payment);
        if needs_another && renegotiation.proposed_by == self.actor.id.to_string() {
            let message = "you proposed this renegotiation; another person must approve it";
            return Err(ApiError::forbidden(message));
        }
        renegotiation.offer.check_limit(&self.brand.servicing, self.actor.department)?;
        Ok(renegotiation)
    }

    /// The offer again, on the loan as it is now: the same figures, or a conflict.
    fn derive(
        &self,
        change: &LoanChange,
        renegotiation: &Renegotiation,
    ) -> Result<Derived, ApiError> {
        let dates = (renegotiation.on, self.deps.today(self.brand));
        let loan = &change.record.loan;
        let changed = || {
            let on = renegotiation.on;
            ApiError::conflict(format!(
                "the loan is not as it was when this was proposed, on {on}; propose it again"
            ))
        };
        match derive(self.brand, loan, &renegotiation.offer, self.ids, dates) {
            Ok(derived)
                if derived.figures == renegotiation.figures
                    && derived.rows == renegotiation.rows =>
            {
                Ok(derived)
            }
            Ok(_)
            | Err(OfferError::Fields(_) | OfferError::Refused(CommandError::NeedsHistory { .. })) => {
                Err(changed())
            }
            Err(other) => Err(other.at("offer.")),
        }
    }

    /// The loan that replaces the old one, with its first journal item.
    async fn replacement(
        &self,
        old: &LoanRecord,
        derived: &Derived,
    ) -> Result<LoanChange, ApiError> {
        let record = LoanRecord {
            brand: self.brand.id,
            version: 0,
            shard: LoanRecord::shard_of(self.brand, self.ids.loan),
            loan: derived.new.clone(),
            plan: derived.contract.plan(),
            owner: old.owner,
            reference: None,
            created_at: self.deps.now(),
        };
        let effect = self
            .author
            .effect("renegotiations:approve", self.ids.loan)
            .after("renegotiation", self.id)
            .after("renegotiatedFrom", old.loan.id)
            .after("principal", derived.figures.principal)
            .after("moraBase", derived.figures.mora_base);
        let Entered { id, at, effect } = Entered::now(self.deps, effect);
        let item = JournalItem::new(&record, id, at, effect, &derived.opening, None)?;
        let item = item.with_opening(&record.loan)?;
        let today = self.deps.today(self.brand);
        let mut change = Loans::new(&self.deps.table).begin(self.brand, record, today).await?;
        change.journal(item);
        Ok(change)
    }

    /// The end of the old loan, in one journal item however many invoices it has.
    fn close(
        &self,
        change: &mut LoanChange,
        renegotiation: &Renegotiation,
        derived: &Derived,
    ) -> Result<(), ApiError> {
        let figures = &derived.figures;
        let effect = self
            .author
            .effect("renegotiations:approve", renegotiation.loan)
            .before("stage", change.record.loan.stage)
            .after("stage", derived.old.stage)
            .after("renegotiation", self.id)
            .after("renegotiatedTo", self.ids.loan)
            .after("waivedLateFee", figures.waived_late_fee)
            .after("waivedMora", figures.waived_mora)
            .after("downPayment", figures.down_payment)
            .after("discount", figures.discount)
            .reason(renegotiation.reason.clone());
        let Entered { id, at, effect } = Entered::now(self.deps, effect);
        change.record.loan = derived.old.clone();
        let item = JournalItem::new(&change.record, id, at, effect, &derived.entries, None)?;
        change.journal(item.with_history(&derived.commands)?);
        Ok(())
    }

    fn down_payment(&self, renegotiation: &Renegotiation, paid: &Applied) -> Payment {
        let Renegotiation { brand, loan, customer, on, ref offer, .. } = *renegotiation;
        let at = self.deps.now();
        Payment {
            brand,
            id: self.ids.down_payment,
            version: 0,
            loan,
            customer: Some(customer),
            amount: offer.down_payment,
            value_date: on,
            method: offer.down_payment_method.unwrap_or(PaymentMethod::Other),
            reference: None,
            invoice: None,
            payoff: false,
            status: PaymentStatus::Posted,
            recorded_by: renegotiation.proposed_by.clone(),
            recorded_at: at,
            decision: Some(Decision { by: self.actor.id.to_string(), at, reason: None }),
            posted: Some(Posted::new(paid.clone(), at)),
            credit_from: None,
            refunds: Vec::new(),
        }
    }
}

impl Decide for Approval<'_> {
    type Outcome = RenegotiationView;
    type Error = ApiError;

    async fn decide<'t>(
        &self,
        change: &mut LoanChange,
        tx: Tx<'t>,
    ) -> Result<(RenegotiationView, Tx<'t>), ApiError> {
        let mut renegotiation = self.load().await?;
        let derived = self.derive(change, &renegotiation)?;
        let replacement = self.replacement(&change.record, &derived).await?;
        self.close(change, &renegotiation, &derived)?;
        let mut tx = link_customer(tx, &replacement.record);
        let mut terms = LoanTerms {
            brand: self.brand.id,
            loan: self.ids.loan,
            version: 0,
            terms: derived.contract.agreed.clone(),
            disclosed: derived.contract.disclosed(),
        };
        tx = tx.replace("terms", &mut terms);
        change.also(replacement);
        let mut down_payment = None;
        if let Some(paid) = &derived.paid {
            let mut payment = self.down_payment(&renegotiation, paid);
            tx = Payments::new(&self.deps.table).create(tx, &mut payment);
            down_payment = Some(payment.id);
        }
        let (by, at) = (self.actor.id.to_string(), self.deps.now());
        renegotiation.status = RenegotiationStatus::Approved;
        renegotiation.decision = Some(Decision { by, at, reason: None });
        renegotiation.replacement = Some(Replacement { loan: self.ids.loan, down_payment });
        let tx = tx.replace(Renegotiation::NAME, &mut renegotiation);
        let view = RenegotiationView::new(&renegotiation, self.deps.today(self.brand));
        let tx = self.once.complete(tx, StatusCode::OK, &view)?;
        Ok((view, tx))
    }
}
