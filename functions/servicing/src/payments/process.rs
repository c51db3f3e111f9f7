use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use domain::ids::{AuditId, InvoiceId, LoanId, PaymentId};
use domain::money::Amount;
use garde::Validate;
use jiff::civil::Date;
use platform::Deps;
use platform::auth::permission::RecordPayments;
use platform::auth::{Actor, Allowed};
use platform::http::{ApiError, Begin, Idempotent, Once, RequestId, begin_once, replay};
use platform::servicing::{Entered, post_payment, rehearse_payment};
use platform::store::{
    Brand, Decide, Effect, Event, LoanChange, Loans, Payment, PaymentMethod, PaymentReference,
    PaymentStatus, Payments, Tx,
};
use platform::telemetry;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::credit::take_credit;
use super::failure::Failure;
use super::view::PaymentView;

/// A payment that arrived.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub struct NewPayment {
    #[schema(value_type = String)]
    pub loan_id: LoanId,
    #[schema(value_type = String, example = "511.67")]
    pub amount: Amount,
    /// The invoice that the payer named; the oldest open one where it is left out.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub invoice_id: Option<InvoiceId>,
    /// The date on which the money counts as paid, today or earlier; today where it is left out.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Date)]
    pub value_date: Option<Date>,
    pub method: PaymentMethod,
    /// What the bank or the payer calls the payment, once for each method: 1 to 64 letters, digits
    /// or `. _ / -`.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub reference: Option<PaymentReference>,
    /// Whether it is meant to end the contract early; it must be enough for that.
    #[serde(default)]
    pub payoff: bool,
    /// With CREDIT: the loan whose credit it is, of the same customer. It counts as paid today and
    /// needs no approval, since no money arrives.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub credit_from: Option<LoanId>,
}

impl NewPayment {
    /// 400 where credit is meant without saying whose, or the other way round, or on another day.
    fn check_credit(&self, today: Date) -> Result<(), ApiError> {
        let is_credit = self.method == PaymentMethod::Credit;
        if is_credit != self.credit_from.is_some() {
            let message = "is required with CREDIT, and belongs to it only";
            return Err(ApiError::invalid_field("creditFrom", message));
        }
        if is_credit && self.value_date.is_some_and(|date| date != today) {
            return Err(ApiError::invalid_field("valueDate", "must be today with CREDIT"));
        }
        Ok(())
    }

    /// 400 where the invoice is another loan's.
    fn invoice(&self) -> Result<Option<u16>, ApiError> {
        match self.invoice_id {
            Some(invoice) if invoice.loan != self.loan_id => {
                Err(ApiError::invalid_field("invoiceId", "must be an invoice of the loan"))
            }
            invoice => Ok(invoice.map(|invoice| invoice.number)),
        }
    }
}

/// Records a payment.
///
/// It is allocated at once as of its value date (late fee, mora, interest, principal of the oldest
/// due invoice first, the rest to the customer's credit), or waits for the approval of another
/// person where the brand asks for that. 409 where the loan takes no payments, or where a payment
/// with the same method and reference is recorded.
#[utoipa::path(post, path = "/api/v1/partner/brand/{brandId}/payment/process", tag = "payments",
    params(("Idempotency-Key" = String, Header, description = "the client's name for this payment")),
    request_body = NewPayment,
    responses((status = 201, description = "recorded", body = PaymentView),
        (status = 409, description = "state, or uniqueness of the reference"),
        (status = 422, description = "the key was used for another request")))]
pub async fn process(
    allowed: Allowed<RecordPayments>,
    State(deps): State<Deps>,
    request_id: RequestId,
    request: Idempotent<NewPayment>,
) -> Result<Response, ApiError> {
    let Idempotent { intent, body } = request;
    let Allowed { actor, brand, .. } = allowed;
    let once = match begin_once(&deps, brand.id, actor.id, Some(&intent)).await? {
        Begin::First(once) => once,
        Begin::Again { status, answer } => return replay(status, answer),
    };
    let effect =
        |id| Effect::new(actor.id.to_string(), "payments:record", id).request(request_id.as_str());
    let outcome = match recorded(&deps, &brand, &actor, body) {
        Ok(payment) => {
            let entered = Entered::now(&deps, effect(payment.id));
            let recording = Recording { deps: &deps, brand: &brand, once: &once, payment, entered };
            recording.save().await
        }
        Err(error) => Err(error),
    };
    once.finish(&deps, outcome).await
}

/// The payment as it was asked for, not yet allocated.
fn recorded(
    deps: &Deps,
    brand: &Brand,
    actor: &Actor,
    body: NewPayment,
) -> Result<Payment, ApiError> {
    body.check_credit(deps.today(brand))?;
    Ok(Payment {
        brand: brand.id,
        id: PaymentId::new(deps.ulid()),
        version: 0,
        loan: body.loan_id,
        customer: None,
        amount: body.amount,
        value_date: body.value_date.unwrap_or(deps.today(brand)),
        method: body.method,
        invoice: body.invoice()?,
        reference: body.reference,
        payoff: body.payoff,
        status: PaymentStatus::PendingApproval,
        recorded_by: actor.id.to_string(),
        recorded_at: deps.now(),
        decision: None,
        posted: None,
        credit_from: body.credit_from,
        refunds: Vec::new(),
    })
}

/// One payment, to be recorded again from the loan's reading where another change gets in between.
struct Recording<'a> {
    deps: &'a Deps,
    brand: &'a Brand,
    once: &'a Once,
    payment: Payment,
    entered: Entered,
}

impl Recording<'_> {
    async fn save(&self) -> Result<(StatusCode, PaymentView), ApiError> {
        let (today, at) = (self.deps.today(self.brand), self.entered.at);
        let loans = Loans::new(&self.deps.table);
        match loans.decide(self.brand, self.payment.loan, today, at, self).await {
            Ok(Some(view)) => {
                if view.status == PaymentStatus::Posted {
                    telemetry::count(self.brand.id, "PaymentsPosted", 1);
                }
                Ok((StatusCode::CREATED, view))
            }
            Ok(None) => Err(ApiError::not_found()),
            Err(failure) => Err(failure.explain(self.deps, &self.payment).await),
        }
    }
}

impl Decide for Recording<'_> {
    type Outcome = PaymentView;
    type Error = Failure;

    async fn decide<'t>(
        &self,
        change: &mut LoanChange,
        tx: Tx<'t>,
    ) -> Result<(PaymentView, Tx<'t>), Failure> {
        let loans = Loans::new(&self.deps.table);
        let today = self.deps.today(self.brand);
        let customer = Some(change.record.loan.customer);
        let mut payment = Payment { customer, ..self.payment.clone() };
        if let Some(source) = payment.credit_from {
            let entered = Entered::now(self.deps, self.entered.effect.clone());
            take_credit(self.deps, self.brand, change, (source, payment.amount), entered).await?;
        }
        let waits = self.brand.payments_need_approval && payment.credit_from.is_none();
        let tx = if waits {
            rehearse_payment(&loans, change, &payment, today).await?;
            tx.create("event", &self.waiting())
        } else {
            post_payment(&loans, change, &mut payment, today, self.entered.clone()).await?;
            tx
        };
        let tx = Payments::new(&self.deps.table).create(tx, &mut payment);
        let view = PaymentView::from(&payment);
        let tx = self.once.complete(tx, StatusCode::CREATED, &view)?;
        Ok((view, tx))
    }
}

impl Recording<'_> {
    /// What the audit shows of a payment that has changed nothing yet.
    fn waiting(&self) -> Event {
        let Entered { id, at, effect } = self.entered.clone();
        let effect = effect
            .after("status", self.payment.status)
            .after("loan", self.payment.loan)
            .after("amount", self.payment.amount)
            .after("valueDate", self.payment.value_date);
        Event { brand: self.brand.id, id: AuditId::new(id.ulid()), at, effect }
    }
}
