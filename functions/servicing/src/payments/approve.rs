use axum::extract::State;
use axum::http::{Method, StatusCode, Uri};
use axum::response::Response;
use domain::ids::PaymentId;
use platform::Deps;
use platform::auth::permission::ApprovePayments;
use platform::auth::{Actor, Allowed};
use platform::http::{
    ApiError, Begin, Fingerprint, IdempotencyKey, Intent, Once, Path, RequestId, begin_once, replay,
};
use platform::servicing::{Entered, post_payment};
use platform::store::{Brand, Decide, Decision, Effect, LoanChange, Loans, Payment, Payments, Tx};
use platform::telemetry;

use super::failure::{Failure, awaiting};
use super::view::PaymentView;

/// Approves a payment that another person recorded: it is allocated as of its own value date.
///
/// 403 for who recorded it; 409 where it does not wait for approval any more.
#[utoipa::path(post, path = "/api/v1/partner/brand/{brandId}/payment/approve/{paymentId}",
    tag = "payments",
    params(("Idempotency-Key" = Option<String>, Header, description = "the client's name for this approval")),
    responses((status = 200, description = "posted", body = PaymentView),
        (status = 409, description = "the payment's or the loan's state"),
        (status = 422, description = "the key was used for another request")))]
pub async fn approve(
    allowed: Allowed<ApprovePayments>,
    State(deps): State<Deps>,
    request_id: RequestId,
    uri: Uri,
    key: Option<IdempotencyKey>,
    Path(id): Path<PaymentId>,
) -> Result<Response, ApiError> {
    let Allowed { actor, brand, .. } = allowed;
    let fingerprint = Fingerprint::of(&Method::POST, uri.path(), &[]);
    let intent = key.map(|key| Intent { key, fingerprint });
    let once = match begin_once(&deps, brand.id, actor.id, intent.as_ref()).await? {
        Begin::First(once) => once,
        Begin::Again { status, answer } => return replay(status, answer),
    };
    let outcome = match load(&deps, &brand, &actor, id).await {
        Ok(mut payment) => {
            let effect = Effect::new(actor.id.to_string(), "payments:approve", id)
                .before("status", payment.status)
                .after("recordedBy", &payment.recorded_by)
                .request(request_id.as_str());
            let entered = Entered::now(&deps, effect);
            let by = actor.id.to_string();
            payment.decision = Some(Decision { by, at: entered.at, reason: None });
            let approval = Approval { deps: &deps, brand: &brand, once: &once, payment, entered };
            approval.save().await
        }
        Err(error) => Err(error),
    };
    once.finish(&deps, outcome).await
}

/// The payment, where it waits for approval and the caller is not who recorded it.
async fn load(
    deps: &Deps,
    brand: &Brand,
    actor: &Actor,
    id: PaymentId,
) -> Result<Payment, ApiError> {
    let payment = Payments::new(&deps.table).get(brand.id, id).await?;
    let payment = payment.ok_or_else(ApiError::not_found)?;
    awaiting(&payment)?;
    if payment.recorded_by == actor.id.to_string() {
        let message = "you recorded this payment; another person must approve it";
        return Err(ApiError::forbidden(message));
    }
    Ok(payment)
}

/// One approval, to be made again where another change of the loan gets in between.
struct Approval<'a> {
    deps: &'a Deps,
    brand: &'a Brand,
    once: &'a Once,
    payment: Payment,
    entered: Entered,
}

impl Approval<'_> {
    async fn save(&self) -> Result<(StatusCode, PaymentView), ApiError> {
        let (today, at) = (self.deps.today(self.brand), self.entered.at);
        let loans = Loans::new(&self.deps.table);
        match loans.decide(self.brand, self.payment.loan, today, at, self).await {
            Ok(Some(view)) => {
                telemetry::count(self.brand.id, "PaymentsPosted", 1);
                Ok((StatusCode::OK, view))
            }
            Ok(None) => Err(ApiError::not_found()),
            Err(failure) => Err(failure.explain(self.deps, &self.payment).await),
        }
    }
}

impl Decide for Approval<'_> {
    type Outcome = PaymentView;
    type Error = Failure;

    async fn decide<'t>(
        &self,
        change: &mut LoanChange,
        tx: Tx<'t>,
    ) -> Result<(PaymentView, Tx<'t>), Failure> {
        let loans = Loans::new(&self.deps.table);
        let today = self.deps.today(self.brand);
        let mut payment = self.payment.clone();
        post_payment(&loans, change, &mut payment, today, self.entered.clone()).await?;
        let tx = Payments::new(&self.deps.table).replace(tx, &mut payment)?;
        let view = PaymentView::from(&payment);
        let tx = self.once.complete(tx, StatusCode::OK, &view)?;
        Ok((view, tx))
    }
}
