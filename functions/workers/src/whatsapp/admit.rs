//! Whether a message should still go out, and what it says today.

use std::sync::Arc;

use domain::dunning::{Body, Kind, Statement, TemplateKind};
use domain::identity::{PersonName, Phone};
use platform::Deps;
use platform::jobs::charge_messages::DayOff;
use platform::store::{
    Brand, Communication, Consistency, CustomerStatus, Customers, LoanRecord, Reason, StoreError,
    Templates,
};

/// A message as it will leave.
#[derive(Debug)]
pub struct Letter {
    pub brand: Arc<Brand>,
    pub to: Phone,
    pub name: PersonName,
    pub body: Body,
}

#[derive(Debug)]
pub enum Admission {
    Send(Letter),
    Suppress(Reason),
}

fn suppress(code: &str, message: &str) -> Admission {
    Admission::Suppress(Reason::new(code, message))
}

/// Decides by the records as they are now.
pub async fn admit(deps: &Deps, communication: &Communication) -> Result<Admission, StoreError> {
    let Some(brand) = deps.brands.get(communication.brand).await? else {
        return Ok(suppress("BRAND_UNAVAILABLE", "there is no such brand"));
    };
    if brand.dunning.instance.is_empty() {
        return Ok(suppress("NO_INSTANCE", "the brand has no WhatsApp instance"));
    }
    let today = deps.today(&brand);
    if communication.kind == Kind::Dunning
        && let Some(off) = DayOff::of(&brand, communication.date.unwrap_or(today), today)
    {
        return Ok(match off {
            DayOff::Past => suppress("OUTDATED", "the day that it speaks of has passed"),
            DayOff::Brand | DayOff::Weekend => {
                suppress("BRAND_UNAVAILABLE", "the brand sends no messages today")
            }
        });
    }
    let body = match body(deps, &brand, communication).await? {
        Ok(body) => body,
        Err(reason) => return Ok(Admission::Suppress(reason)),
    };
    let customer = Customers::new(deps).get(brand.id, communication.customer).await?;
    let Some(customer) = customer else {
        return Ok(suppress("NO_CUSTOMER", "there is no such customer"));
    };
    if customer.status == CustomerStatus::Erased {
        return Ok(suppress("ERASED", "the customer's personal data were erased"));
    }
    let Some(to) = customer.phone else {
        return Ok(suppress("NO_PHONE", "the customer has no phone"));
    };
    Ok(Admission::Send(Letter { brand, to, name: customer.name, body }))
}

/// What the message says as of today; the reason where there is nothing left to say.
async fn body(
    deps: &Deps,
    brand: &Brand,
    communication: &Communication,
) -> Result<Result<Body, Reason>, StoreError> {
    let (Some(loan), text) = (communication.loan(), &communication.source) else {
        return Ok(Ok(communication.body.clone()));
    };
    if communication.kind == Kind::Manual && text.is_none() {
        return Ok(Ok(communication.body.clone()));
    }
    let key = LoanRecord::key_of(brand.id, loan);
    let Some(record) = deps.table.get::<LoanRecord>(&key, Consistency::Strong).await? else {
        return Ok(Err(Reason::new("NO_LOAN", "there is no such loan")));
    };
    if communication.kind == Kind::Certificate {
        return Ok(match record.loan.is_clear() {
            true => Ok(communication.body.clone()),
            false => Err(Reason::new("NOT_CLEAR", "something is owed on the loan again")),
        });
    }
    let statement = Statement::of(&record.loan, deps.today(brand));
    let text = match text {
        Some(text) => text.clone(),
        None if statement.is_empty() => {
            return Ok(Err(Reason::new("NOTHING_DUE", "nothing is due any more")));
        }
        None => {
            let kind = TemplateKind::of(&statement);
            Templates::new(&deps.table).daily(brand, kind).await?
        }
    };
    let body = text
        .render(brand.message_style(), Some(&statement))
        .map_err(|error| StoreError::Corrupt(format!("template: {error}")))?;
    Ok(Ok(body))
}
