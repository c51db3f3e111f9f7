use domain::ids::{CustomerId, LoanId, PaymentId, RenegotiationId};
use domain::money::Amount;
use jiff::Timestamp;
use jiff::civil::Date;
use platform::renegotiation::{Figures, Offer, Row, Rows};
use platform::store::{Renegotiation, RenegotiationStatus};
use serde::Serialize;
use utoipa::ToSchema;

/// One invoice of the new contract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = RenegotiatedInvoice)]
pub struct NewInvoiceView {
    /// From 1.
    pub number: usize,
    #[schema(value_type = String, format = Date)]
    pub nominal_due_date: Date,
    #[schema(value_type = String, format = Date)]
    pub due_date: Date,
    #[schema(value_type = String, example = "266.67")]
    pub principal: Amount,
    #[schema(value_type = String, example = "33.33")]
    pub interest: Amount,
    #[schema(value_type = String, example = "300.00")]
    pub total: Amount,
    /// What its late fee and mora would be charged on.
    #[schema(value_type = String, example = "266.67")]
    pub accrual_base: Amount,
}

fn invoices(Rows(rows): &Rows) -> Vec<NewInvoiceView> {
    let view = |(number, Row { installment, base }): (usize, &Row)| NewInvoiceView {
        number,
        nominal_due_date: installment.nominal_due,
        due_date: installment.due,
        principal: installment.principal,
        interest: installment.interest,
        total: installment.value(),
        accrual_base: *base,
    };
    (1..).zip(rows).map(view).collect()
}

/// What an offer comes to.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = SimulatedOffer)]
pub struct OfferView {
    pub offer: Offer,
    pub figures: Figures,
    pub invoices: Vec<NewInvoiceView>,
}

impl OfferView {
    pub fn new(offer: Offer, figures: Figures, rows: &Rows) -> Self {
        Self { offer, figures, invoices: invoices(rows) }
    }
}

/// A proposal and what became of it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Renegotiation)]
pub struct RenegotiationView {
    #[schema(value_type = String, example = "ren_01JZ0000000000000000000000")]
    pub id: RenegotiationId,
    /// The loan that is replaced.
    #[schema(value_type = String)]
    pub loan_id: LoanId,
    #[schema(value_type = String)]
    pub customer_id: CustomerId,
    pub status: RenegotiationStatus,
    /// The date that everything is as of.
    #[schema(value_type = String, format = Date)]
    pub on: Date,
    /// The last date on which it can be approved.
    #[schema(value_type = String, format = Date)]
    pub until: Date,
    pub offer: Offer,
    pub figures: Figures,
    pub invoices: Vec<NewInvoiceView>,
    pub proposed_by: String,
    #[schema(value_type = String, format = DateTime)]
    pub proposed_at: Timestamp,
    /// Why it was proposed.
    pub reason: Option<String>,
    pub decided_by: Option<String>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub decided_at: Option<Timestamp>,
    /// Why it was rejected.
    pub rejection: Option<String>,
    /// The loan that replaces the old one, once it is approved.
    #[schema(value_type = Option<String>)]
    pub new_loan_id: Option<LoanId>,
    #[schema(value_type = Option<String>)]
    pub down_payment_id: Option<PaymentId>,
    pub version: u64,
}

impl RenegotiationView {
    /// As it is on a business date: a proposal whose last date has passed is over, whether or not
    /// the night has marked it.
    pub fn new(renegotiation: &Renegotiation, today: Date) -> Self {
        let status = match renegotiation.status {
            RenegotiationStatus::Proposed if renegotiation.until < today => {
                RenegotiationStatus::Expired
            }
            status => status,
        };
        let decision = renegotiation.decision.as_ref();
        let replacement = renegotiation.replacement;
        Self {
            id: renegotiation.id,
            loan_id: renegotiation.loan,
            customer_id: renegotiation.customer,
            status,
            on: renegotiation.on,
            until: renegotiation.until,
            offer: renegotiation.offer.clone(),
            figures: renegotiation.figures.clone(),
            invoices: invoices(&renegotiation.rows),
            proposed_by: renegotiation.proposed_by.clone(),
            proposed_at: renegotiation.proposed_at,
            reason: renegotiation.reason.clone(),
            decided_by: decision.map(|decision| decision.by.clone()),
            decided_at: decision.map(|decision| decision.at),
            rejection: decision.and_then(|decision| decision.reason.clone()),
            new_loan_id: replacement.map(|replacement| replacement.loan),
            down_payment_id: replacement.and_then(|replacement| replacement.down_payment),
            version: renegotiation.version,
        }
    }
}
