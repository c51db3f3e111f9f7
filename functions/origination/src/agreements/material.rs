//! What the documents of a loan are made of.

use documents::{Borrower, Cost, Letterhead, Row, Schedule, ScheduleDocument, Style, Terms};
use domain::loans::status::Status;
use platform::Deps;
use platform::http::ApiError;
use platform::origination::{Contract, LoanTerms, text_of};
use platform::store::{Appearance, Brand, Consistency, Customer, Customers, LoanRecord, Loans};

/// A loan with those who agree on it.
#[derive(Debug)]
pub(super) struct Material {
    pub record: LoanRecord,
    customer: Customer,
    letterhead: Letterhead,
    country: String,
    pub style: Style,
}

impl Material {
    /// 404 where there is no such loan.
    pub async fn load(deps: &Deps, brand: &Brand, record: LoanRecord) -> Result<Self, ApiError> {
        let customer = Customers::new(deps).get(brand.id, record.loan.customer).await?;
        let customer =
            customer.ok_or_else(|| ApiError::internal("a loan's customer is not there"))?;
        let appearance = Appearance::of(&deps.table, brand).await?;
        Ok(Self {
            record,
            customer,
            letterhead: Letterhead::of(brand, &appearance),
            country: brand.country.clone(),
            style: Style::of(brand),
        })
    }

    pub fn schedule(&self, schedule: Schedule, as_of: jiff::civil::Date) -> ScheduleDocument {
        let plan = &self.record.plan;
        ScheduleDocument {
            letterhead: self.letterhead.clone(),
            borrower: Borrower::masked(&self.customer),
            contract: self.record.contract_number(),
            as_of,
            disbursed_on: self.record.loan.start,
            principal: self.record.loan.principal,
            method: plan.method.clone(),
            annual_rate: plan.annual_rate,
            schedule,
        }
    }

    /// The contract on stored terms, with the cost that was disclosed of them.
    pub fn agreement(&self, stored: &LoanTerms, schedule: Schedule) -> documents::Agreement {
        let (loan, disclosed) = (&self.record.loan, &stored.disclosed);
        let terms = &stored.terms;
        documents::Agreement {
            letterhead: self.letterhead.clone(),
            country: self.country.clone(),
            borrower: Borrower::whole(&self.customer),
            contract: self.record.contract_number(),
            terms: Terms {
                requested: terms.principal,
                lent: loan.principal,
                disbursed_on: loan.start.or(terms.disbursement_date),
                method: text_of(&terms.method),
                annual_rate: self.record.plan.annual_rate,
                installment_amount: disclosed.installment_amount,
                frequency: terms.frequency,
                allocation: loan.terms.allocation,
                late_fee: loan.terms.late_fee,
                mora: loan.terms.mora_monthly,
            },
            cost: Cost {
                net_disbursed: disclosed.net_disbursed,
                fees: terms.fees.clone(),
                monthly_irr: disclosed.monthly_irr.clone(),
                apr_nominal: disclosed.apr_nominal.clone(),
                effective_annual_cost: disclosed.effective_annual_cost.clone(),
            },
            schedule,
        }
    }
}

/// The terms that the loan was asked for with.
pub(super) async fn terms_of(
    deps: &Deps,
    record: &LoanRecord,
) -> Result<Option<LoanTerms>, ApiError> {
    let key = LoanTerms::key_of(record.brand, record.loan.id);
    Ok(deps.table.get::<LoanTerms>(&key, Consistency::Strong).await?)
}

/// The installments as they were agreed: of a contract its invoices, of a request those that its
/// terms make today. Of a request the cost must still be what was disclosed.
pub(super) async fn installments(
    deps: &Deps,
    brand: &Brand,
    record: &LoanRecord,
    terms: Option<&LoanTerms>,
) -> Result<Schedule, ApiError> {
    if record.loan.start.is_some() {
        let invoices = Loans::new(&deps.table).invoices(record).await?;
        let rows = invoices.iter().map(|invoice| Row {
            number: invoice.number,
            due: invoice.due,
            principal: invoice.principal,
            interest: invoice.interest,
        });
        return Ok(Schedule { rows: rows.collect() });
    }
    if record.loan.status() == Status::Unapproved {
        return Err(ApiError::conflict("the loan was rejected or cancelled"));
    }
    let terms = terms
        .ok_or_else(|| ApiError::internal(format!("{}: no terms are stored", record.loan.id)))?;
    let contract = disclosed(deps, brand, terms)?;
    let rows = contract.quote.installments.iter().map(|row| Row {
        number: row.number,
        due: row.due_date,
        principal: row.principal,
        interest: row.interest,
    });
    Ok(Schedule { rows: rows.collect() })
}

/// The contract that the terms make today, if it still is the one that was disclosed.
fn disclosed(deps: &Deps, brand: &Brand, stored: &LoanTerms) -> Result<Contract, ApiError> {
    let contract = stored.terms.contract(brand, deps.today(brand));
    let contract = contract.map_err(|error| ApiError::conflict(error.to_string()))?;
    match stored.disclosed.difference(&contract.disclosed()) {
        None => Ok(contract),
        Some((figure, then, now)) => Err(ApiError::conflict(format!(
            "the loan's {figure} would be {now}, but {then} was disclosed; update the loan's terms \
             first"
        ))),
    }
}
