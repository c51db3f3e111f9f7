use domain::ids::{InvoiceId, LoanId};
use domain::invoices::{Explanation, Invoice, InvoiceStatus, Split, days_between};
use domain::loans::loan::Loan;
use domain::money::Amount;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::origination::text_of;

/// An amount by its parts, and their sum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Split)]
pub struct SplitView {
    #[schema(value_type = String, example = "10.00")]
    pub late_fee: Amount,
    #[schema(value_type = String, example = "1.67")]
    pub mora: Amount,
    #[schema(value_type = String, example = "25.00")]
    pub interest: Amount,
    #[schema(value_type = String, example = "475.00")]
    pub principal: Amount,
    #[schema(value_type = String, example = "511.67")]
    pub total: Amount,
}

impl From<Split> for SplitView {
    fn from(split: Split) -> Self {
        let Split { late_fee, mora, interest, principal } = split;
        Self { late_fee, mora, interest, principal, total: split.total() }
    }
}

/// One invoice as of a business date.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Invoice)]
pub struct InvoiceView {
    #[schema(value_type = String, example = "inv_01JZ0000000000000000000000_1")]
    pub id: InvoiceId,
    #[schema(value_type = String)]
    pub loan_id: LoanId,
    /// From 1.
    pub number: u16,
    /// PENDING, UNPAID, PAID, RENEGOTIATED or CANCELLED, as of `asOf`.
    #[schema(example = "UNPAID")]
    pub status: String,
    #[schema(value_type = String, format = Date)]
    pub nominal_due_date: Date,
    #[schema(value_type = String, format = Date)]
    pub due_date: Date,
    /// Days past due; 0 on the due date, before it, and once the invoice is closed.
    pub days_overdue: i64,
    /// Principal and interest, as contracted.
    #[schema(value_type = String)]
    pub value: Amount,
    /// What late fee and mora are charged on.
    #[schema(value_type = String)]
    pub accrual_base: Amount,
    pub charged: SplitView,
    pub paid: SplitView,
    pub waived: SplitView,
    pub owed: SplitView,
    #[schema(value_type = Option<String>, format = Date)]
    pub closed_on: Option<Date>,
    #[schema(value_type = String, format = Date)]
    pub as_of: Date,
    /// How the charges came about, where it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub explanation: Option<Explanation>,
}

impl InvoiceView {
    /// The invoice of a loan on a business date; a transition that the night has not stored yet is
    /// shown as it will be.
    pub fn new(loan: &Loan, invoice: &Invoice, on: Date) -> Self {
        let accrual = loan.accrual_date(on);
        let status = match invoice.status {
            InvoiceStatus::Pending if invoice.is_overdue(accrual) => InvoiceStatus::Unpaid,
            status => status,
        };
        let is_open = invoice.is_open();
        let charged =
            if is_open { invoice.charged(accrual, &loan.terms) } else { invoice.booked() };
        Self {
            id: InvoiceId { loan: loan.id, number: invoice.number },
            loan_id: loan.id,
            number: invoice.number,
            status: text_of(&status),
            nominal_due_date: invoice.nominal_due,
            due_date: invoice.due,
            days_overdue: if is_open { days_between(invoice.due, on).max(0) } else { 0 },
            value: invoice.value(),
            accrual_base: invoice.base,
            charged: charged.into(),
            paid: invoice.paid.into(),
            waived: invoice.waived.into(),
            owed: invoice.owed(accrual, &loan.terms).into(),
            closed_on: invoice.closed_on,
            as_of: on,
            explanation: None,
        }
    }

    /// The same with the terms that made its charges.
    #[must_use]
    pub fn explained(mut self, loan: &Loan, invoice: &Invoice) -> Self {
        self.explanation = Some(invoice.explain(loan.accrual_date(self.as_of), &loan.terms));
        self
    }
}
