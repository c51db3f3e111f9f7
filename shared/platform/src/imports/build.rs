use domain::ids::{CustomerId, JournalEntryId, LoanId, PaymentId};
use domain::invoices::{PaymentCommand, ServicingTerms};
use domain::ledger::{Command, CommandError, Entry};
use domain::loans::loan::Loan;
use domain::loans::status::Transition;
use domain::loans::terms::InvalidTerms;

use super::derived_id;
use super::row::Row;
use crate::http::FieldError;
use crate::origination::{Contract, QuoteTerms};
use crate::store::{Brand, Effect, Import, JournalItem, LoanRecord, StoreError};

/// A running loan, not yet stored.
#[derive(Debug, Clone)]
pub(super) struct Built {
    pub record: LoanRecord,
    /// The loan right after its activation.
    opening: Loan,
    entries: Vec<Entry>,
    history: Vec<Command>,
}

/// Makes the loan of a row: granted on its date, its paid installments paid on their due dates.
///
/// # Errors
/// Every field of the row that no contract can be made with.
pub(super) fn build(
    import: &Import,
    brand: &Brand,
    terms: ServicingTerms,
    row: &Row,
) -> Result<Built, Vec<FieldError>> {
    let contract = contract(import, brand, row)
        .map_err(|error| error.0.into_iter().map(in_the_file).collect::<Vec<_>>())?;
    let built = run(import, brand, terms, row, &contract);
    built.map_err(|error| vec![FieldError::new("line", error.to_string())])
}

fn contract(import: &Import, brand: &Brand, row: &Row) -> Result<Contract, InvalidTerms> {
    let terms = QuoteTerms {
        principal: row.principal,
        method: import.spec.terms.method,
        annual_rate: None,
        monthly_rate: None,
        installments: Some(row.installments),
        installment_amount: Some(row.installment_amount),
        frequency: import.spec.terms.frequency,
        disbursement_date: Some(row.granted_on),
        first_due_date: row.first_due,
        day_count: None,
        month_end: None,
        rounding: None,
        grace_installments: None,
        fees: Vec::new(),
    };
    terms.contract(brand, import.as_of)
}

fn run(
    import: &Import,
    brand: &Brand,
    terms: ServicingTerms,
    row: &Row,
    contract: &Contract,
) -> Result<Built, CommandError> {
    let id = loan_id(import, row);
    let mut loan = Loan::request(id, customer_id(import, row), contract.amount_lent(), terms);
    loan.originate(Transition::Submit)?;
    loan.originate(Transition::Approve)?;
    let mut entries = loan.activate(&contract.activation())?.entries;
    let opening = loan.clone();
    let mut history = Vec::with_capacity(usize::from(row.paid));
    for invoice in opening.invoices.iter().take(usize::from(row.paid)) {
        // Paid ahead is paid on the day of the import, at the latest.
        let value_date = invoice.due.min(import.as_of);
        let payment = PaymentCommand {
            payment: payment_id(id, invoice.number),
            amount: invoice.value(),
            value_date,
            invoice: None,
            payoff: false,
        };
        entries.extend(loan.pay(&payment, value_date)?.entries);
        history.push(payment.command());
    }
    let record = LoanRecord {
        brand: brand.id,
        version: 0,
        shard: LoanRecord::shard_of(brand, id),
        loan,
        plan: contract.plan(),
        owner: None,
        reference: Some(row.contract.clone()),
        created_at: import.created_at,
    };
    Ok(Built { record, opening, entries, history })
}

impl Built {
    /// The loan for a customer who was there before the import.
    pub fn set_customer(&mut self, customer: CustomerId) {
        self.record.loan.customer = customer;
        self.opening.customer = customer;
    }

    /// The one journal item of the loan so far.
    pub fn journal(&self, import: &Import) -> Result<JournalItem, StoreError> {
        let loan = &self.record.loan;
        let effect = Effect::new(format!("import:{}", import.id), "imports:loan", loan.id)
            .after("customer", loan.customer)
            .after("principal", loan.principal)
            .after("invoices", loan.invoice_count())
            .after("paid", self.history.len())
            .after("status", loan.status());
        let id = JournalEntryId::new(loan.id.ulid());
        JournalItem::new(&self.record, id, import.created_at, effect, &self.entries, None)?
            .with_opening(&self.opening)?
            .with_history(&self.history)
    }
}

/// The loan's id: the same for the same contract of the same import.
fn loan_id(import: &Import, row: &Row) -> LoanId {
    LoanId::new(id_of(import, "loan", &row.contract))
}

/// The id of a customer who comes with the import.
pub(super) fn customer_id(import: &Import, row: &Row) -> CustomerId {
    CustomerId::new(id_of(import, "customer", &row.customer))
}

fn id_of(import: &Import, kind: &str, reference: &str) -> ulid::Ulid {
    // Ids sort by creation, and everything of an import is created with it.
    let millis = import.id.ulid().timestamp_ms();
    derived_id(millis, &[&import.brand.to_string(), kind, reference])
}

fn payment_id(loan: LoanId, number: u16) -> PaymentId {
    let parts = [&loan.to_string(), "payment", &number.to_string()];
    PaymentId::new(derived_id(loan.ulid().timestamp_ms(), &parts.map(|part| part)))
}

/// A field of the terms by its name in the file's mapping.
fn in_the_file(error: domain::loans::terms::FieldError) -> FieldError {
    let field = match error.field.as_str() {
        "disbursementDate" => "grantedOn".to_owned(),
        field => field.to_owned(),
    };
    FieldError::new(field, error.message)
}
