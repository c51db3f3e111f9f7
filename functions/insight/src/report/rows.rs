//! The rows of each report, made of a loan as it stood, or of one posting of its journal.

use domain::ids::{CustomerId, LoanId, StaffId};
use domain::ledger::{Command, Flows, Position};
use domain::loans::loan::Loan;
use domain::loans::status::Status;
use domain::money::{Amount, Percent};
use jiff::civil::Date;
use platform::origination::text_of;
use platform::store::{Customer, CustomerStatus, LoanRecord};

use super::filters::{Asked, Bucket};
use super::row::row;

/// Whose contract it is, as the caller may see it.
#[derive(Clone, Default)]
pub(super) struct Person {
    name: Option<String>,
    phone: Option<String>,
}

impl Person {
    pub(super) fn new(customer: &Customer, full: bool) -> Self {
        if customer.status == CustomerStatus::Erased {
            return Self::default();
        }
        let name = &customer.name;
        let phone = customer.phone.as_ref();
        Self {
            name: Some(if full { name.expose().to_owned() } else { name.masked() }),
            phone: phone.map(|phone| if full { phone.expose().to_owned() } else { phone.masked() }),
        }
    }
}

row! {
    /// A contract with its figures.
    MasterRow
    #[schema(value_type = String)]
    loan_id: LoanId = "loanId",
    /// The lender's own number.
    reference: Option<String> = "reference",
    #[schema(value_type = String)]
    customer_id: CustomerId = "customerId",
    /// Initials and last digits, unless asked for whole; null where the customer was erased.
    customer_name: Option<String> = "customerName",
    customer_phone: Option<String> = "customerPhone",
    #[schema(value_type = Option<String>)]
    owner: Option<StaffId> = "owner",
    status: String = "status",
    stage: String = "stage",
    method: String = "method",
    #[schema(value_type = Option<String>)]
    annual_rate: Option<Percent> = "annualRate",
    installments: u16 = "installments",
    /// Null before the disbursement.
    #[schema(value_type = Option<String>, format = Date)]
    start_date: Option<Date> = "startDate",
    #[schema(value_type = String)]
    principal: Amount = "principal",
    /// New money lent.
    #[schema(value_type = String)]
    disbursed: Amount = "disbursed",
    #[schema(value_type = String)]
    fees_withheld: Amount = "feesWithheld",
    #[schema(value_type = String)]
    contract_interest: Amount = "contractInterest",
    open_invoices: i64 = "openInvoices",
    overdue_invoices: i64 = "overdueInvoices",
    #[schema(value_type = Option<String>, format = Date)]
    oldest_open_due: Option<Date> = "oldestOpenDueDate",
    days_past_due: i64 = "daysPastDue",
    /// Unpaid, of an active contract, due or not.
    #[schema(value_type = String)]
    outstanding_principal: Amount = "outstandingPrincipal",
    #[schema(value_type = String)]
    outstanding_interest: Amount = "outstandingInterest",
    #[schema(value_type = String)]
    late_fees: Amount = "lateFeesOwed",
    #[schema(value_type = String)]
    mora: Amount = "moraOwed",
    /// Principal and interest overdue.
    #[schema(value_type = String)]
    overdue: Amount = "overdue",
    #[schema(value_type = String)]
    paid_principal: Amount = "paidPrincipal",
    #[schema(value_type = String)]
    paid_interest: Amount = "paidInterest",
    #[schema(value_type = String)]
    paid_late_fees: Amount = "paidLateFees",
    #[schema(value_type = String)]
    paid_mora: Amount = "paidMora",
    /// All payments kept, credit included.
    #[schema(value_type = String)]
    received: Amount = "received",
    #[schema(value_type = String)]
    credit: Amount = "credit",
    #[schema(value_type = String)]
    waived: Amount = "waived",
    #[schema(value_type = String)]
    settlement_loss: Amount = "settlementLoss",
    /// Owed on a contract written off.
    #[schema(value_type = String)]
    recoverable: Amount = "recoverable",
    #[schema(value_type = String)]
    recovered: Amount = "recovered",
    /// What left with a renegotiation.
    #[schema(value_type = String)]
    renegotiated: Amount = "renegotiated",
    #[schema(value_type = String)]
    to_breakeven: Amount = "toBreakeven",
    #[schema(value_type = Option<String>)]
    renegotiated_from: Option<LoanId> = "renegotiatedFrom",
    #[schema(value_type = Option<String>)]
    renegotiated_to: Option<LoanId> = "renegotiatedTo",
}

row! {
    /// An active contract by days past due.
    AgingRow
    #[schema(value_type = String)]
    loan_id: LoanId = "loanId",
    reference: Option<String> = "reference",
    #[schema(value_type = String)]
    customer_id: CustomerId = "customerId",
    /// Initials and last digits, unless asked for whole; null where the customer was erased.
    customer_name: Option<String> = "customerName",
    customer_phone: Option<String> = "customerPhone",
    #[schema(value_type = Option<String>)]
    owner: Option<StaffId> = "owner",
    #[schema(value_type = Option<String>, format = Date)]
    oldest_open_due: Option<Date> = "oldestOpenDueDate",
    days_past_due: i64 = "daysPastDue",
    /// CURRENT, 1-30, 31-60, 61-90 or 90+.
    bucket: String = "bucket",
    overdue_invoices: i64 = "overdueInvoices",
    /// Principal and interest not due yet.
    #[schema(value_type = String)]
    not_due: Amount = "notDue",
    /// Principal and interest overdue.
    #[schema(value_type = String)]
    overdue: Amount = "overdue",
    #[schema(value_type = String)]
    late_fees: Amount = "lateFeesOwed",
    #[schema(value_type = String)]
    mora: Amount = "moraOwed",
    #[schema(value_type = String)]
    total: Amount = "total",
}

row! {
    /// A posting that moved money, or moved what earlier payments paid.
    CollectionRow
    /// The value date.
    #[schema(value_type = String, format = Date)]
    date: Date = "date",
    /// PAYMENT, REVERSAL, REFUND, or ADJUSTMENT of what was paid before.
    kind: String = "kind",
    #[schema(value_type = String)]
    loan_id: LoanId = "loanId",
    reference: Option<String> = "reference",
    #[schema(value_type = String)]
    customer_id: CustomerId = "customerId",
    /// Initials and last digits, unless asked for whole; null where the customer was erased.
    customer_name: Option<String> = "customerName",
    customer_phone: Option<String> = "customerPhone",
    #[schema(value_type = Option<String>)]
    owner: Option<StaffId> = "owner",
    /// Negative where it was paid back.
    #[schema(value_type = String)]
    received: Amount = "received",
    #[schema(value_type = String)]
    principal: Amount = "principal",
    #[schema(value_type = String)]
    interest: Amount = "interest",
    #[schema(value_type = String)]
    late_fees: Amount = "lateFees",
    #[schema(value_type = String)]
    mora: Amount = "mora",
    #[schema(value_type = String)]
    credited: Amount = "credited",
    /// The part on a contract written off.
    #[schema(value_type = String)]
    recovered: Amount = "recovered",
}

row! {
    /// A contract of new money.
    DisbursementRow
    #[schema(value_type = String, format = Date)]
    date: Date = "date",
    #[schema(value_type = String)]
    loan_id: LoanId = "loanId",
    reference: Option<String> = "reference",
    #[schema(value_type = String)]
    customer_id: CustomerId = "customerId",
    /// Initials and last digits, unless asked for whole; null where the customer was erased.
    customer_name: Option<String> = "customerName",
    customer_phone: Option<String> = "customerPhone",
    #[schema(value_type = Option<String>)]
    owner: Option<StaffId> = "owner",
    method: String = "method",
    #[schema(value_type = Option<String>)]
    annual_rate: Option<Percent> = "annualRate",
    installments: u16 = "installments",
    #[schema(value_type = String)]
    disbursed: Amount = "disbursed",
    #[schema(value_type = String)]
    fees_withheld: Amount = "feesWithheld",
    /// What was paid out.
    #[schema(value_type = String)]
    net: Amount = "net",
    #[schema(value_type = String)]
    contract_interest: Amount = "contractInterest",
    /// As it is now.
    status: String = "status",
}

row! {
    /// A day or a month of money.
    CashFlowRow
    /// `2026-03-15`, or `2026-03`.
    period: String = "period",
    /// Principal and interest of the invoices due, without what left with a renegotiation.
    #[schema(value_type = String)]
    due: Amount = "due",
    /// What came in, less what was paid back.
    #[schema(value_type = String)]
    received: Amount = "received",
    #[schema(value_type = String)]
    principal: Amount = "principal",
    #[schema(value_type = String)]
    interest: Amount = "interest",
    #[schema(value_type = String)]
    late_fees: Amount = "lateFees",
    #[schema(value_type = String)]
    mora: Amount = "mora",
    #[schema(value_type = String)]
    credited: Amount = "credited",
    #[schema(value_type = String)]
    disbursed: Amount = "disbursed",
    #[schema(value_type = String)]
    fees_withheld: Amount = "feesWithheld",
    /// `received` and `feesWithheld` less `disbursed`.
    #[schema(value_type = String)]
    net: Amount = "net",
}

/// Days past due as of a date, and the due date that they count from.
fn oldest(loan: &Loan, on: Date) -> (Option<Date>, i64) {
    (loan.oldest_open_due(), loan.days_past_due(on))
}

impl MasterRow {
    pub(super) fn new(record: &LoanRecord, loan: &Loan, on: Date, person: Person) -> Self {
        let position: Position = loan.position(on);
        let (oldest_open_due, days_past_due) = oldest(loan, on);
        Self {
            loan_id: loan.id,
            reference: record.reference.clone(),
            customer_id: loan.customer,
            customer_name: person.name,
            customer_phone: person.phone,
            owner: record.owner,
            status: text_of(&loan.status()),
            stage: text_of(&loan.stage),
            method: record.plan.method.clone(),
            annual_rate: record.plan.annual_rate,
            installments: record.plan.installments,
            start_date: loan.start,
            principal: loan.principal,
            disbursed: loan.disbursed,
            fees_withheld: loan.fees_withheld,
            contract_interest: loan.interest,
            open_invoices: position.open_invoices,
            overdue_invoices: position.overdue_invoices,
            oldest_open_due,
            days_past_due,
            outstanding_principal: position.outstanding_principal,
            outstanding_interest: position.outstanding_interest,
            late_fees: position.late_fees_owed,
            mora: position.mora_owed,
            overdue: position.overdue_value,
            paid_principal: position.paid_principal,
            paid_interest: position.paid_interest,
            paid_late_fees: position.paid_late_fee,
            paid_mora: position.paid_mora,
            received: position.received,
            credit: position.credit,
            waived: position.waived,
            settlement_loss: loan.settlement_loss,
            recoverable: position.recoverable,
            recovered: loan.written_off.map(|lost| lost.recovered).unwrap_or_default(),
            renegotiated: position.renegotiated,
            to_breakeven: position.to_breakeven,
            renegotiated_from: loan.renegotiated_from,
            renegotiated_to: loan.renegotiated_to,
        }
    }
}

impl AgingRow {
    pub(super) fn new(record: &LoanRecord, loan: &Loan, on: Date, person: Person) -> Self {
        let position = loan.position(on);
        let (oldest_open_due, days_past_due) = oldest(loan, on);
        let value = position.outstanding_principal + position.outstanding_interest;
        Self {
            loan_id: loan.id,
            reference: record.reference.clone(),
            customer_id: loan.customer,
            customer_name: person.name,
            customer_phone: person.phone,
            owner: record.owner,
            oldest_open_due,
            days_past_due,
            bucket: text_of(&Bucket::of(days_past_due)),
            overdue_invoices: position.overdue_invoices,
            not_due: value - position.overdue_value,
            overdue: position.overdue_value,
            late_fees: position.late_fees_owed,
            mora: position.mora_owed,
            total: value + position.late_fees_owed + position.mora_owed,
        }
    }
}

/// Whether the contract is one of those asked for.
pub(super) fn is_wanted(asked: &Asked, record: &LoanRecord, loan: &Loan) -> bool {
    use super::filters::ReportType::{Aging, CashFlow, Collections, Disbursements, MasterReport};
    if asked.owner.is_some_and(|owner| record.owner != Some(owner)) {
        return false;
    }
    match asked.report {
        MasterReport => asked.status.is_none_or(|status| loan.status() == status),
        Aging => {
            let bucket = Bucket::of(loan.days_past_due(asked.to));
            loan.status() == Status::Active && asked.bucket.is_none_or(|wanted| wanted == bucket)
        }
        Disbursements => {
            let is_in = |start| (asked.from..=asked.to).contains(&start);
            loan.renegotiated_from.is_none() && loan.start.is_some_and(is_in)
        }
        Collections | CashFlow => true,
    }
}

impl CollectionRow {
    /// `None` where the posting left what was paid as it was.
    pub(super) fn new(
        record: &LoanRecord,
        (date, flows): (Date, Flows),
        command: Option<&Command>,
        person: Person,
    ) -> Option<Self> {
        let row = Self {
            date,
            kind: kind(command).to_owned(),
            loan_id: record.loan.id,
            reference: record.reference.clone(),
            customer_id: record.loan.customer,
            customer_name: person.name,
            customer_phone: person.phone,
            owner: record.owner,
            received: flows.received,
            principal: flows.paid_principal,
            interest: flows.paid_interest,
            late_fees: flows.paid_late_fee,
            mora: flows.paid_mora,
            credited: flows.credit,
            recovered: flows.recovered,
        };
        let amounts =
            [row.received, row.principal, row.interest, row.late_fees, row.mora, row.credited];
        let is_nothing = amounts.iter().all(|amount| amount.is_zero()) && flows.payments == 0;
        (!is_nothing).then_some(row)
    }
}

fn kind(command: Option<&Command>) -> &'static str {
    match command {
        Some(Command::Pay { .. }) => "PAYMENT",
        Some(Command::Reverse { .. }) => "REVERSAL",
        Some(Command::RefundCredit { .. }) => "REFUND",
        Some(
            Command::Waive { .. }
            | Command::WaivePenalties { .. }
            | Command::OfferSettlement { .. }
            | Command::WriteOff { .. }
            | Command::Renegotiate { .. },
        )
        | None => "ADJUSTMENT",
    }
}

impl DisbursementRow {
    /// `None` before the disbursement.
    pub(super) fn new(record: &LoanRecord, person: Person) -> Option<Self> {
        let loan = &record.loan;
        Some(Self {
            date: loan.start?,
            loan_id: loan.id,
            reference: record.reference.clone(),
            customer_id: loan.customer,
            customer_name: person.name,
            customer_phone: person.phone,
            owner: record.owner,
            method: record.plan.method.clone(),
            annual_rate: record.plan.annual_rate,
            installments: record.plan.installments,
            disbursed: loan.disbursed,
            fees_withheld: loan.fees_withheld,
            net: loan.disbursed - loan.fees_withheld,
            contract_interest: loan.interest,
            status: text_of(&loan.status()),
        })
    }
}

impl CashFlowRow {
    pub(super) fn new(period: String, flows: &Flows, due: Amount) -> Self {
        Self {
            period,
            due,
            received: flows.received,
            principal: flows.paid_principal,
            interest: flows.paid_interest,
            late_fees: flows.paid_late_fee,
            mora: flows.paid_mora,
            credited: flows.credit,
            disbursed: flows.disbursed,
            fees_withheld: flows.fees_withheld,
            net: flows.received + flows.fees_withheld - flows.disbursed,
        }
    }
}
