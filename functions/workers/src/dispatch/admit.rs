//! Whether a message should still go out, and what it says today.

use std::sync::Arc;

use domain::dunning::{Body, Kind, Statement, TemplateError};
use domain::identity::PersonName;
use jiff::civil::Date;
use platform::Deps;
use platform::jobs::charge_messages::DayOff;
use platform::store::{
    Brand, Chosen, Communication, Consistency, Customer, DunningPause, LoanRecord, Reason,
    StoreError, Templates,
};

/// A message as it will leave.
#[derive(Debug)]
pub struct Letter<A> {
    pub brand: Arc<Brand>,
    pub to: A,
    pub name: PersonName,
    pub said: Said,
}

/// What a message says today.
#[derive(Debug)]
pub struct Said {
    pub body: Body,
    /// What stands in the places of a registered text, where there is one.
    pub registered: Option<Registered>,
}

/// A text that the provider has, by its id, and the values in it.
#[derive(Debug)]
pub struct Registered {
    pub template: String,
    pub values: Vec<Body>,
}

#[derive(Debug)]
pub enum Admission<A> {
    Send(Letter<A>),
    Suppress(Reason),
}

/// Why nothing is sent.
pub fn reason(code: &str, message: &str) -> Reason {
    Reason::new(code, message)
}

/// Decides by the records as they are now; `address` finds where the customer is reached.
pub async fn admit<A>(
    deps: &Deps,
    communication: &Communication,
    address: impl FnOnce(&Brand, &Customer) -> Result<A, Reason> + Send,
) -> Result<Admission<A>, StoreError> {
    let Some(brand) = deps.brands.get(communication.brand).await? else {
        return Ok(Admission::Suppress(reason("BRAND_UNAVAILABLE", "there is no such brand")));
    };
    let today = deps.today(&brand);
    if let Some(reason) = day_off(&brand, communication, today) {
        return Ok(Admission::Suppress(reason));
    }
    if let Some(reason) = paused(deps, communication, today).await? {
        return Ok(Admission::Suppress(reason));
    }
    let said = match said(deps, &brand, communication, today).await? {
        Ok(said) => said,
        Err(reason) => return Ok(Admission::Suppress(reason)),
    };
    let key = Customer::key_of(brand.id, communication.customer);
    let Some(customer) = deps.table.get::<Customer>(&key, Consistency::Strong).await? else {
        return Ok(Admission::Suppress(reason("NO_CUSTOMER", "there is no such customer")));
    };
    match address(&brand, &customer) {
        Ok(to) => Ok(Admission::Send(Letter { brand, to, name: customer.name, said })),
        Err(reason) => Ok(Admission::Suppress(reason)),
    }
}

/// Why a job's message of a date does not go out today.
fn day_off(brand: &Brand, communication: &Communication, today: Date) -> Option<Reason> {
    let date = communication.date.unwrap_or(today);
    let is_outdated = communication.kind.is_of_a_date() && date < today;
    if is_outdated {
        return Some(reason("OUTDATED", "the day that it speaks of has passed"));
    }
    let is_off = match communication.kind {
        Kind::Dunning => DayOff::of(brand, date, today).is_some(),
        Kind::Reminder => !brand.sends_reminders_on(date),
        Kind::Manual => false,
    };
    is_off.then(|| reason("BRAND_UNAVAILABLE", "the brand sends no messages today"))
}

/// Why a job's message about a loan is held back: staff paused it, or the borrower promised to pay.
async fn paused(
    deps: &Deps,
    communication: &Communication,
    today: Date,
) -> Result<Option<Reason>, StoreError> {
    let Some(loan) = communication.loan().filter(|_| communication.kind.is_of_a_date()) else {
        return Ok(None);
    };
    let pause = DunningPause::load(&deps.table, communication.brand, loan).await?;
    Ok(pause.filter(|pause| pause.holds_on(today)).map(|pause| pause.suppression()))
}

/// What the message says as of today; the reason where there is nothing left to say.
async fn said(
    deps: &Deps,
    brand: &Brand,
    communication: &Communication,
    today: Date,
) -> Result<Result<Said, Reason>, StoreError> {
    let own = communication.source.as_ref();
    let is_of_a_date = communication.kind.is_of_a_date();
    if !is_of_a_date && own.is_none() {
        return Ok(Ok(Said { body: communication.body.clone(), registered: None }));
    }
    let statement = match communication.loan() {
        Some(loan) => {
            let key = LoanRecord::key_of(brand.id, loan);
            let record = deps.table.get::<LoanRecord>(&key, Consistency::Strong).await?;
            let Some(record) = record else {
                return Ok(Err(reason("NO_LOAN", "there is no such loan")));
            };
            statement_of(&record, communication, today)
        }
        None => None,
    };
    let chosen = match (own, &statement) {
        (Some(text), _) => {
            Chosen { text: text.clone(), registered: communication.registered.clone() }
        }
        (None, Some(statement)) if !statement.is_empty() => {
            Templates::new(&deps.table).of(brand, statement).await?
        }
        (None, _) => return Ok(Err(reason("NOTHING_DUE", "nothing is due any more"))),
    };
    let (style, statement) = (brand.message_style(), statement.as_ref());
    let unreadable = |error: TemplateError| StoreError::Corrupt(format!("template: {error}"));
    let body = chosen.text.render(style, statement).map_err(unreadable)?;
    let values = chosen.text.values(style, statement).map_err(unreadable)?;
    let registered = chosen.registered.map(|template| Registered { template, values });
    Ok(Ok(Said { body, registered }))
}

/// What the message speaks of; `None` for a reminder of an invoice that waits no more.
fn statement_of(
    record: &LoanRecord,
    communication: &Communication,
    today: Date,
) -> Option<Statement> {
    match communication.invoice {
        Some(invoice) => Statement::before(&record.loan, invoice, today),
        None => Some(Statement::of(&record.loan, today)),
    }
}
