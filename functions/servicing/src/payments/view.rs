use domain::ids::{CustomerId, InvoiceId, LoanId, PaymentId};
use domain::money::Amount;
use jiff::Timestamp;
use jiff::civil::Date;
use platform::origination::text_of;
use platform::store::{
    Payment, PaymentMethod, PaymentReference, PaymentStatus, Refund, RefundKind,
};
use platform::views::SplitView;
use serde::Serialize;
use utoipa::ToSchema;

/// A payment and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Payment)]
pub struct PaymentView {
    #[schema(value_type = String, example = "pay_01JZ0000000000000000000000")]
    pub id: PaymentId,
    #[schema(value_type = String)]
    pub loan_id: LoanId,
    #[schema(value_type = Option<String>)]
    pub customer_id: Option<CustomerId>,
    #[schema(value_type = String, example = "511.67")]
    pub amount: Amount,
    /// The date on which the money counts as paid.
    #[schema(value_type = String, format = Date)]
    pub value_date: Date,
    pub method: PaymentMethod,
    /// What the bank or the payer calls the payment.
    #[schema(value_type = Option<String>)]
    pub reference: Option<PaymentReference>,
    /// The invoice that the payer named.
    #[schema(value_type = Option<String>)]
    pub invoice_id: Option<InvoiceId>,
    /// Whether it is meant to end the contract early.
    pub payoff: bool,
    pub status: PaymentStatus,
    /// Who recorded it.
    pub recorded_by: String,
    #[schema(value_type = String, format = DateTime)]
    pub recorded_at: Timestamp,
    /// Who approved it; null where it needed no approval.
    pub approved_by: Option<String>,
    pub rejected_by: Option<String>,
    /// When it was approved or rejected.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub decided_at: Option<Timestamp>,
    /// Why it was rejected.
    pub reason: Option<String>,
    /// What each invoice got when the payment was posted.
    pub allocations: Vec<AllocationView>,
    /// What went to the customer's credit.
    #[schema(value_type = String, example = "0.00")]
    pub credited: Amount,
    /// The loan whose credit it is, with CREDIT.
    #[schema(value_type = Option<String>)]
    pub credit_from: Option<LoanId>,
    /// What went back of it, in order.
    pub refunds: Vec<RefundView>,
    /// The loan's stage after it was posted.
    #[schema(value_type = Option<String>, example = "DISBURSED")]
    pub loan_stage: Option<String>,
    pub version: u64,
}

/// What one invoice got of a payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Allocation)]
pub struct AllocationView {
    #[schema(value_type = String)]
    pub invoice_id: InvoiceId,
    pub paid: SplitView,
    /// Whether it is paid in full by this.
    pub closed: bool,
}

/// Money of a payment that went back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Refund)]
pub struct RefundView {
    pub kind: RefundKind,
    #[schema(value_type = String, example = "30.00")]
    pub amount: Amount,
    pub by: String,
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    pub reason: String,
}

impl From<&Refund> for RefundView {
    fn from(refund: &Refund) -> Self {
        let Refund { kind, amount, by, at, reason } = refund.clone();
        Self { kind, amount, by, at, reason }
    }
}

impl From<&Payment> for PaymentView {
    fn from(payment: &Payment) -> Self {
        let posted = payment.posted.as_ref();
        let is_rejected = payment.status == PaymentStatus::Rejected;
        let decided_by = |rejected| {
            let decision = payment.decision.as_ref().filter(|_| is_rejected == rejected)?;
            Some(decision.by.clone())
        };
        let allocations = posted.map(|posted| posted.allocations.as_slice()).unwrap_or_default();
        Self {
            id: payment.id,
            loan_id: payment.loan,
            customer_id: payment.customer,
            amount: payment.amount,
            value_date: payment.value_date,
            method: payment.method,
            reference: payment.reference.clone(),
            invoice_id: payment.invoice_id(),
            payoff: payment.payoff,
            status: payment.status,
            recorded_by: payment.recorded_by.clone(),
            recorded_at: payment.recorded_at,
            approved_by: decided_by(false),
            rejected_by: decided_by(true),
            decided_at: payment.decision.as_ref().map(|decision| decision.at),
            reason: payment.decision.as_ref().and_then(|decision| decision.reason.clone()),
            allocations: allocations
                .iter()
                .map(|allocation| AllocationView {
                    invoice_id: InvoiceId { loan: payment.loan, number: allocation.invoice },
                    paid: allocation.paid.into(),
                    closed: allocation.closed,
                })
                .collect(),
            credited: posted.map(|posted| posted.credited).unwrap_or_default(),
            credit_from: payment.credit_from,
            refunds: payment.refunds.iter().map(RefundView::from).collect(),
            loan_stage: posted.map(|posted| text_of(&posted.stage)),
            version: payment.version,
        }
    }
}
