//! What is stored before a function is tried: the people and the contract that the events in
//! `events/` speak of, and what `events/given` has for the function.

use aws_sdk_dynamodb::types::AttributeValue;
use domain::ids::{AuditId, CustomerId, JournalEntryId, LoanId, StaffId};
use domain::invoices::{Installment, ServicingTerms};
use domain::loans::loan::{Activation, Loan};
use domain::loans::status::Transition;
use domain::money::{Amount, Currency, Percent};
use jiff::Timestamp;
use jiff::civil::date;
use platform::Deps;
use platform::auth::{Department, password};
use platform::store::{
    Customer, CustomerLoan, Customers, Effect, Event, JournalItem, LoanRecord, PasswordHash, Plan,
    Shard, StaffUser, Table,
};
use secrecy::SecretString;
use serde_json::Value;

use super::fixture::{BRAND, LOOKUP_KEY, SHARDS, brand_id};
use crate::architecture::events;

pub const STAFF: &str = "staff_01JGZ7F9G1H3J5K7M9N1P3Q5R7";
pub const CUSTOMER: &str = "cus_01JGZ4C6D8E0F2G4H6J8K0M2N4";
pub const LOAN: &str = "loan_01JGZ5D7E9F1G3H5J7K9M1N3P5";
pub const PHONE: &str = "+5511900000001";
/// Of the user in `events/partner-auth.json`.
const EMAIL: &str = "ana.souza@lender.example";
const PASSWORD: &str = "an-invented-pass-phrase";

fn then() -> Timestamp {
    "2025-01-06T12:00:00Z".parse().unwrap()
}

/// The brand's user.
pub async fn store_user(table: &Table) -> StaffUser {
    let hash = password::hash(&SecretString::from(PASSWORD)).await.unwrap();
    let id: StaffId = STAFF.parse().unwrap();
    let mut user = StaffUser {
        id,
        version: 0,
        brand: Some(brand_id()),
        email: EMAIL.parse().unwrap(),
        name: "Ana Invented".parse().unwrap(),
        department: Department::Collections,
        permissions: Vec::new(),
        active: true,
        password_hash: PasswordHash::new(hash),
        credentials: 0,
        created_at: then(),
        updated_at: then(),
    };
    let effect = Effect::new("test", "staff:create", id);
    let event = Event { brand: brand_id(), id: AuditId::new(id.ulid()), at: then(), effect };
    let key = SecretString::from(LOOKUP_KEY);
    user.create_in(table.tx(), &key, &event).unwrap().commit().await.unwrap();
    user
}

/// The brand's borrower.
pub async fn store_customer(deps: &Deps) {
    let name = "Bia Invented".parse().unwrap();
    let phone = Some(PHONE.parse().unwrap());
    let id = CUSTOMER.parse().unwrap();
    let mut customer = Customer { phone, ..Customer::new(brand_id(), id, name, then()) };
    let tx = Customers::new(deps).create(deps.table.tx(), &mut customer).await.unwrap();
    tx.commit().await.unwrap();
}

/// The borrower's contract: three installments of 500.00 without interest, all past due at any
/// time that the test may run, and without charges, so that nothing about it depends on that time.
pub async fn store_loan(table: &Table) {
    let (id, customer): (LoanId, CustomerId) = (LOAN.parse().unwrap(), CUSTOMER.parse().unwrap());
    let terms = ServicingTerms::new(Currency::BRL, Percent::ZERO, Percent::ZERO);
    let mut loan = Loan::request(id, customer, "1500".parse().unwrap(), terms);
    loan.originate(Transition::Approve).unwrap();
    let installments = (2..=4).map(|month| {
        let due = date(2025, month, 6);
        let principal = "500".parse().unwrap();
        Installment { nominal_due: due, due, principal, interest: Amount::ZERO }
    });
    let activation = Activation {
        on: date(2025, 1, 6),
        installments: installments.collect(),
        fees_withheld: Amount::ZERO,
    };
    let entries = loan.activate(&activation).unwrap().entries;
    let shard = u16::try_from(id.ulid().0 % u128::from(SHARDS)).unwrap();
    let mut record = LoanRecord {
        brand: brand_id(),
        version: 0,
        shard,
        loan,
        plan: Plan { method: "PRICE".to_owned(), annual_rate: None, installments: 3 },
        owner: None,
        reference: None,
        created_at: then(),
    };
    let mut figures = Shard::empty(brand_id(), shard, date(2025, 1, 6));
    figures.position = record.loan.position(figures.as_of);
    let effect = Effect::new(STAFF, "loans:activate", id);
    let entry = JournalEntryId::new(id.ulid());
    let journal = JournalItem::new(&record, entry, then(), effect, &entries, None).unwrap();
    let journal = journal.with_opening(&record.loan).unwrap();
    let link = CustomerLoan { brand: brand_id(), customer, loan: id };
    let tx = table.tx().replace("loan", &mut record).replace("shard", &mut figures);
    tx.create("journal", &journal).create("link", &link).commit().await.unwrap();
}

/// The items of `events/given/{function}.json`, as plain JSON.
pub async fn store_given(table: &Table, function: &str) {
    let Some(given) = events::read_of("given", function) else { return };
    for item in given.as_array().unwrap() {
        assert!(item["pk"].as_str().unwrap().starts_with(&format!("B#{}", &BRAND[6..])), "{item}");
        let item = attributes(item);
        let put = table.client().put_item().table_name(table.name()).set_item(Some(item));
        put.send().await.unwrap();
    }
}

fn attributes(item: &Value) -> std::collections::HashMap<String, AttributeValue> {
    serde_dynamo::to_item(item).unwrap()
}
