use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use domain::ids::PaymentId;
use domain::money::Amount;
use garde::Validate;
use platform::Deps;
use platform::auth::Allowed;
use platform::auth::permission::RefundPayments;
use platform::http::{ApiError, Begin, Idempotent, Once, Path, RequestId, begin_once, replay};
use platform::servicing::{Entered, post_credit_refund, post_payment, post_reversal};
use platform::store::{
    Brand, Decide, Effect, LoanChange, Loans, Payment, PaymentMethod, PaymentStatus, Payments,
    Refund, RefundKind, Tx,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::failure::Failure;
use super::view::PaymentView;

const REASON_LIMIT_CHARS: usize = 500;

/// Money of a payment that goes back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub struct NewRefund {
    /// REVERSAL and CHARGEBACK take back the whole payment; CREDIT pays back credit.
    pub kind: RefundKind,
    /// With CREDIT only, and required there: at most the loan's credit, and at most what is left of
    /// the payment.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "30.00")]
    pub amount: Option<Amount>,
    #[garde(length(chars, min = 1, max = REASON_LIMIT_CHARS))]
    #[schema(min_length = 1, max_length = 500)]
    pub reason: String,
}

impl NewRefund {
    fn check(&self) -> Result<(), ApiError> {
        let is_credit = self.kind == RefundKind::Credit;
        if is_credit == self.amount.is_some() {
            return Ok(());
        }
        Err(ApiError::invalid_field("amount", "is required with CREDIT, and belongs to it only"))
    }
}

/// Takes a payment back or pays credit of it back to the customer.
///
/// REVERSAL and CHARGEBACK make the loan what it would be without the payment: the charges arise
/// that it kept from arising, and a loan that it closed is open again. Credit that a payment used
/// goes back to the loan that it was of. CREDIT leaves the payment where it is.
#[utoipa::path(post, path = "/api/v1/partner/brand/{brandId}/payment/{paymentId}/refund",
    operation_id = "refund_payment", tag = "payments",
    params(("Idempotency-Key" = String, Header, description = "the client's name for this refund")),
    request_body = NewRefund,
    responses((status = 200, description = "the payment as it is now", body = PaymentView),
        (status = 409, description = "the payment's or the loan's state"),
        (status = 422, description = "the key was used for another request")))]
pub async fn refund(
    allowed: Allowed<RefundPayments>,
    State(deps): State<Deps>,
    request_id: RequestId,
    Path(id): Path<PaymentId>,
    request: Idempotent<NewRefund>,
) -> Result<Response, ApiError> {
    let Idempotent { intent, body } = request;
    body.check()?;
    let Allowed { actor, brand, .. } = allowed;
    let once = match begin_once(&deps, brand.id, actor.id, Some(&intent)).await? {
        Begin::First(once) => once,
        Begin::Again { status, answer } => return replay(status, answer),
    };
    let effect = Effect::new(actor.id.to_string(), "payments:refund", id)
        .after("kind", body.kind.text())
        .reason(Some(body.reason.clone()))
        .request(request_id.as_str());
    let entered = Entered::now(&deps, effect);
    let by = actor.id.to_string();
    let refunding = Refunding { deps: &deps, brand: &brand, once: &once, id, body, by, entered };
    let outcome = refunding.save().await;
    once.finish(&deps, outcome).await
}

/// One refund, to be made again from its readings where another change gets in between.
struct Refunding<'a> {
    deps: &'a Deps,
    brand: &'a Brand,
    once: &'a Once,
    id: PaymentId,
    body: NewRefund,
    by: String,
    entered: Entered,
}

impl Refunding<'_> {
    async fn save(&self) -> Result<(StatusCode, PaymentView), ApiError> {
        let (today, at) = (self.deps.today(self.brand), self.entered.at);
        let payment = self.load().await?;
        let loans = Loans::new(&self.deps.table);
        match loans.decide(self.brand, payment.loan, today, at, self).await {
            Ok(Some(view)) => Ok((StatusCode::OK, view)),
            Ok(None) => Err(ApiError::not_found()),
            Err(failure) => Err(failure.explain(self.deps, &payment).await),
        }
    }

    /// The payment, where money of it can go back.
    async fn load(&self) -> Result<Payment, ApiError> {
        let payment = Payments::new(&self.deps.table).get(self.brand.id, self.id).await?;
        let payment = payment.ok_or_else(ApiError::not_found)?;
        match payment.status {
            PaymentStatus::Posted => Ok(payment),
            status @ (PaymentStatus::PendingApproval
            | PaymentStatus::Rejected
            | PaymentStatus::Reversed
            | PaymentStatus::ChargedBack) => {
                let message = format!("only a posted payment goes back: this one is {status}");
                Err(ApiError::conflict(message))
            }
        }
    }

    /// What goes back, and what the payment is then.
    fn amount(&self, payment: &mut Payment) -> Result<Amount, ApiError> {
        let left = payment.amount - payment.refunded();
        let amount = self.body.amount.unwrap_or(left);
        if amount > left {
            let message = format!("only {left} of the payment has not gone back");
            return Err(ApiError::invalid_field("amount", message));
        }
        payment.status = match self.body.kind {
            RefundKind::Reversal => PaymentStatus::Reversed,
            RefundKind::Chargeback => PaymentStatus::ChargedBack,
            RefundKind::Credit => payment.status,
        };
        payment.refunds.push(Refund {
            kind: self.body.kind,
            amount,
            by: self.by.clone(),
            at: self.entered.at,
            reason: self.body.reason.clone(),
        });
        Ok(amount)
    }

    /// Puts credit back that the payment had used: a payment on the loan that it came from.
    async fn give_credit_back<'t>(
        &self,
        change: &mut LoanChange,
        payment: &Payment,
        tx: Tx<'t>,
    ) -> Result<Tx<'t>, Failure> {
        let Some(source) = payment.credit_from else { return Ok(tx) };
        let (loans, today) = (Loans::new(&self.deps.table), self.deps.today(self.brand));
        let id = PaymentId::new(self.deps.ulid());
        let mut back = Payment {
            id,
            version: 0,
            loan: source,
            value_date: today,
            method: PaymentMethod::Credit,
            reference: None,
            invoice: None,
            payoff: false,
            recorded_by: self.by.clone(),
            recorded_at: self.entered.at,
            decision: None,
            posted: None,
            credit_from: Some(payment.loan),
            refunds: Vec::new(),
            ..payment.clone()
        };
        let effect = self.entered.effect.clone().after("creditOf", payment.id);
        let entered = Entered::now(self.deps, effect);
        if source == change.record.loan.id {
            post_payment(&loans, change, &mut back, today, entered).await?;
        } else {
            let other = loans.load(self.brand, source, today).await?;
            let mut other = other.ok_or_else(ApiError::not_found)?;
            post_payment(&loans, &mut other, &mut back, today, entered).await?;
            change.also(other);
        }
        Ok(Payments::new(&self.deps.table).create(tx, &mut back))
    }
}

impl Decide for Refunding<'_> {
    type Outcome = PaymentView;
    type Error = Failure;

    async fn decide<'t>(
        &self,
        change: &mut LoanChange,
        tx: Tx<'t>,
    ) -> Result<(PaymentView, Tx<'t>), Failure> {
        let (loans, today) = (Loans::new(&self.deps.table), self.deps.today(self.brand));
        let mut payment = self.load().await?;
        let amount = self.amount(&mut payment)?;
        let effect = self.entered.effect.clone();
        let effect = effect.after("amount", amount).after("status", payment.status);
        let entered = Entered { effect, ..self.entered.clone() };
        let tx = if self.body.kind == RefundKind::Credit {
            post_credit_refund(&loans, change, amount, today, entered).await?;
            tx
        } else {
            post_reversal(&loans, change, payment.id, today, entered).await?;
            self.give_credit_back(change, &payment, tx).await?
        };
        let tx = Payments::new(&self.deps.table).replace(tx, &mut payment)?;
        let view = PaymentView::from(&payment);
        let tx = self.once.complete(tx, StatusCode::OK, &view)?;
        Ok((view, tx))
    }
}
