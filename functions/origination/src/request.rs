//! Asking for a loan: what staff do for a customer who is new to it, and for one who borrows again.

use domain::ids::{AuditId, CustomerId, LoanId};
use domain::loans::loan::Loan;
use domain::loans::status::Transition;
use http::StatusCode;
use platform::Deps;
use platform::http::{ApiError, Once};
use platform::origination::{
    Contract, LoanTerms, QuoteTerms, invalid_terms, link_customer, servicing_terms,
};
use platform::store::{
    Author, Brand, CustomerStatus, Customers, Effect, Event, LoanRecord, Loans, Retry, StoreError,
};
use platform::views::LoanView;

use crate::loans::error::{above_cap, illegal, refused};

/// A loan that is asked for; the request is submitted at once.
pub(crate) struct LoanRequest<'a> {
    pub deps: &'a Deps,
    pub brand: &'a Brand,
    pub author: Author,
    /// What the audit calls it.
    pub action: &'static str,
    pub customer: CustomerId,
    pub terms: &'a QuoteTerms,
    pub reference: Option<String>,
}

impl LoanRequest<'_> {
    /// Writes the loan, its terms, its link to the customer, the event and the answer together.
    pub async fn save(&self, once: &Once) -> Result<(StatusCode, LoanView), ApiError> {
        let (deps, brand) = (self.deps, self.brand);
        let today = deps.today(brand);
        let contract =
            self.terms.contract(brand, today).map_err(|error| invalid_terms(error, "terms."))?;
        self.require_customer().await?;
        let record = self.record(&contract)?;
        let effect = self
            .author
            .effect(self.action, record.loan.id)
            .after("customer", record.loan.customer)
            .after("principal", record.loan.principal)
            .after("status", record.loan.status());
        self.write(once, record, &contract, effect).await
    }

    /// 400 where there is no such customer, 409 where they take no new loans.
    async fn require_customer(&self) -> Result<(), ApiError> {
        let customer = Customers::new(self.deps).stored(self.brand.id, self.customer).await?;
        match customer.map(|customer| customer.status) {
            None => Err(ApiError::invalid_field("customerId", "is no customer of the brand")),
            Some(CustomerStatus::Active) => Ok(()),
            Some(CustomerStatus::Inactive | CustomerStatus::Blocked | CustomerStatus::Erased) => {
                Err(no_new_loans())
            }
        }
    }

    fn record(&self, contract: &Contract) -> Result<LoanRecord, ApiError> {
        let (deps, brand) = (self.deps, self.brand);
        let terms = servicing_terms(brand, contract.agreed.method, deps.today(brand))
            .map_err(|error| above_cap(&error))?;
        let id = LoanId::new(deps.ulid());
        let mut loan = Loan::request(id, self.customer, contract.amount_lent(), terms);
        loan.originate(Transition::Submit).map_err(|error| illegal(&error))?;
        contract.rehearse(&loan).map_err(|error| refused(&error))?;
        Ok(LoanRecord {
            brand: brand.id,
            version: 0,
            shard: LoanRecord::shard_of(brand, id),
            loan,
            plan: contract.plan(),
            owner: None,
            reference: self.reference.clone(),
            created_at: deps.now(),
        })
    }

    async fn write(
        &self,
        once: &Once,
        record: LoanRecord,
        contract: &Contract,
        effect: Effect,
    ) -> Result<(StatusCode, LoanView), ApiError> {
        let (deps, brand) = (self.deps, self.brand);
        let (today, now) = (deps.today(brand), deps.now());
        let view = LoanView::new(&record, today, false).stored();
        let event = Event { brand: brand.id, id: AuditId::new(deps.ulid()), at: now, effect };
        let mut retry = Retry::default();
        loop {
            let mut terms = LoanTerms {
                brand: brand.id,
                loan: record.loan.id,
                version: 0,
                terms: contract.agreed.clone(),
                disclosed: contract.disclosed(),
            };
            let tx = deps.table.tx().replace("terms", &mut terms).create("event", &event);
            let tx = once.complete(link_customer(tx, &record), StatusCode::CREATED, &view)?;
            let loans = Loans::new(&deps.table);
            let change = loans.begin(brand, record.clone(), today).await?;
            match loans.write(tx, change, now)?.commit().await {
                Ok(()) => return Ok((StatusCode::CREATED, view)),
                Err(error) if error.is_conflict_on("customer") => return Err(no_new_loans()),
                Err(error) => retry.pause(error).await.map_err(|error: StoreError| error)?,
            }
        }
    }
}

fn no_new_loans() -> ApiError {
    ApiError::conflict("the customer takes no new loans")
}
