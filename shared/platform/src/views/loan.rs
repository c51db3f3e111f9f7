use domain::ids::{CustomerId, LoanId, StaffId};
use domain::invoices::Invoice;
use domain::money::{Amount, Percent};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;

use super::{InvoiceView, SplitView};
use crate::store::LoanRecord;

/// A loan in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LoanSummary {
    #[schema(value_type = String, example = "loan_01JZ0000000000000000000000")]
    pub id: LoanId,
    #[schema(value_type = String)]
    pub customer_id: CustomerId,
    #[schema(example = "ACTIVE")]
    pub status: String,
    #[schema(example = "DISBURSED")]
    pub stage: String,
    /// The lender's own number of the contract.
    pub reference: Option<String>,
    /// The member of staff that the loan is allocated to.
    #[schema(value_type = Option<String>)]
    pub owner: Option<StaffId>,
    #[schema(value_type = String, example = "BRL")]
    pub currency: domain::money::Currency,
    #[schema(value_type = String)]
    pub principal: Amount,
    /// PRICE, SAC, FLAT…
    pub method: String,
    /// Percent a year; null where only the installment was agreed.
    #[schema(value_type = Option<String>)]
    pub annual_rate: Option<Percent>,
    pub installments: u16,
    /// The date of the disbursement or of the renegotiation.
    #[schema(value_type = Option<String>, format = Date)]
    pub start_date: Option<Date>,
    /// Of the oldest open invoice.
    #[schema(value_type = Option<String>, format = Date)]
    pub oldest_due_date: Option<Date>,
    pub days_past_due: i64,
    pub owed: SplitView,
    #[schema(value_type = String, format = Date)]
    pub as_of: Date,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    pub version: u64,
}

impl LoanSummary {
    pub fn new(record: &LoanRecord, on: Date) -> Self {
        let loan = &record.loan;
        Self {
            id: loan.id,
            customer_id: loan.customer,
            status: loan.status().to_string(),
            stage: loan.stage.to_string(),
            reference: record.reference.clone(),
            owner: record.owner,
            currency: loan.terms.currency,
            principal: loan.principal,
            method: record.plan.method.clone(),
            annual_rate: record.plan.annual_rate,
            installments: record.plan.installments,
            start_date: loan.start,
            oldest_due_date: loan.oldest_open_due(),
            days_past_due: loan.days_past_due(on),
            owed: loan.owed(on).into(),
            as_of: on,
            created_at: record.created_at,
            version: record.version,
        }
    }
}

/// A contract: the loan, its totals and the invoices it holds, as of a business date.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Loan)]
pub struct LoanView {
    #[serde(flatten)]
    pub summary: LoanSummary,
    /// Contract interest; zero until activation.
    #[schema(value_type = String)]
    pub interest: Amount,
    #[schema(value_type = String)]
    pub disbursed: Amount,
    #[schema(value_type = String)]
    pub fees_withheld: Amount,
    /// Percent of an overdue invoice, once.
    #[schema(value_type = String)]
    pub late_fee_percent: Percent,
    /// Percent a month of what is overdue.
    #[schema(value_type = String)]
    pub late_fee_mora_percent: Percent,
    pub paid: SplitView,
    pub waived: SplitView,
    /// All payments kept.
    #[schema(value_type = String)]
    pub total_value_paid: Amount,
    /// What is missing until the money lent is back.
    #[schema(value_type = String)]
    pub total_value_to_breakeven: Amount,
    /// Paid beyond the last invoice.
    #[schema(value_type = String)]
    pub credit: Amount,
    #[schema(value_type = Option<String>)]
    pub renegotiated_from: Option<LoanId>,
    #[schema(value_type = Option<String>)]
    pub renegotiated_to: Option<LoanId>,
    /// The first loan of a chain of renegotiations; the loan itself where there was none.
    #[schema(value_type = String)]
    pub root_loan_id: LoanId,
    /// Closed invoices that are not shown here, only in the list of invoices.
    pub earlier_invoices: u16,
    pub invoices: Vec<InvoiceView>,
}

impl LoanView {
    /// `explain` adds to each open invoice how its charges came about.
    pub fn new(record: &LoanRecord, on: Date, explain: bool) -> Self {
        let loan = &record.loan;
        let sums = loan.sums();
        let view = |invoice: &Invoice| {
            let view = InvoiceView::new(loan, invoice, on);
            if explain && invoice.is_open() { view.explained(loan, invoice) } else { view }
        };
        Self {
            summary: LoanSummary::new(record, on),
            interest: loan.interest,
            disbursed: loan.disbursed,
            fees_withheld: loan.fees_withheld,
            late_fee_percent: loan.terms.late_fee,
            late_fee_mora_percent: loan.terms.mora_monthly,
            paid: sums.paid.into(),
            waived: sums.waived.into(),
            total_value_paid: loan.total_value_paid(),
            total_value_to_breakeven: loan.total_value_to_breakeven(),
            credit: loan.credit,
            renegotiated_from: loan.renegotiated_from,
            renegotiated_to: loan.renegotiated_to,
            root_loan_id: loan.root,
            earlier_invoices: loan.evicted.last_number,
            invoices: loan.invoices.iter().map(view).collect(),
        }
    }

    /// The record as it will be once it is stored.
    #[must_use]
    pub fn stored(mut self) -> Self {
        self.summary.version += 1;
        self
    }
}
