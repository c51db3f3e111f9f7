//! Borrowers with loans, made over the wire, and what is asked of the composed system.

use domain::ids::LoanId;
use local::seed::DemoBrand;
use platform::auth::Department;
use platform::store::{Brand, Dunning};
use serde_json::{Value, json};

use crate::harness::TestSystem;

/// A borrower with an active loan.
pub struct Borrower {
    pub customer: String,
    pub loan: String,
}

impl Borrower {
    pub fn loan_id(&self) -> LoanId {
        self.loan.parse().unwrap()
    }
}

/// A borrower with two installments of 500.00, the first due `days` days after today and the second
/// as many after that.
pub async fn borrower(system: &TestSystem, brand: &DemoBrand, phone: &str, days: u32) -> Borrower {
    let today = system.system().deps().today(&system.brand(brand).await);
    let post = async |path: String, key: &str, body: Value| {
        system.staff(brand, Department::Admin, &path).await.key(key).post(&body).await
    };
    let key = phone.trim_start_matches('+');
    let body =
        json!({ "name": "Ana Exemplo", "phone": phone, "email": format!("c{key}@example.test") });
    let customer = post("/customers".to_owned(), &format!("c{key}"), body).await.expect(201);
    let terms = json!({ "principal": "1000.00", "method": "PRICE", "annualRate": "0",
        "installments": 2, "frequency": { "every": days, "unit": "DAY" },
        "disbursementDate": today });
    let body = json!({ "customerId": customer["id"], "terms": terms });
    let loan = post("/loans".to_owned(), &format!("l{key}"), body).await.expect(201);
    let loan = loan["id"].as_str().unwrap().to_owned();
    let path = format!("/loans/{loan}/status");
    post(path.clone(), &format!("p{key}"), json!({ "action": "APPROVE" })).await.expect(200);
    post(path, &format!("a{key}"), json!({ "action": "ACTIVATE" })).await.expect(200);
    system.drain().await;
    Borrower { customer: customer["id"].as_str().unwrap().to_owned(), loan }
}

/// Changes how a brand's messages go out.
pub async fn set(system: &TestSystem, demo: &DemoBrand, change: impl FnOnce(&mut Dunning)) {
    change_brand(system, demo, |brand| change(&mut brand.dunning)).await;
}

pub async fn change_brand(system: &TestSystem, demo: &DemoBrand, change: impl FnOnce(&mut Brand)) {
    let mut brand = system.brand(demo).await;
    change(&mut brand);
    system.system().deps().brands.save(&mut brand).await.unwrap();
}

pub async fn get(system: &TestSystem, brand: &DemoBrand, path: &str) -> Value {
    system.staff(brand, Department::Admin, path).await.get().await.expect(200)
}

/// Sends a message by hand; answers its id.
pub async fn send(system: &TestSystem, brand: &DemoBrand, key: &str, body: Value) -> String {
    let call = system.staff(brand, Department::Collections, "/communications/send").await;
    let sent = call.key(key).post(&body).await.expect(201);
    sent["id"].as_str().unwrap().to_owned()
}

/// `(status, reason's code)` of a message.
pub async fn outcome(system: &TestSystem, brand: &DemoBrand, id: &str) -> (String, String) {
    let message = get(system, brand, &format!("/communications/{id}")).await;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    (text(&message["status"]), text(&message["reason"]["code"]))
}

/// The messages about a loan, newest first.
pub async fn about(system: &TestSystem, brand: &DemoBrand, loan: &str) -> Vec<Value> {
    let page = get(system, brand, &format!("/communications?loan={loan}")).await;
    page["items"].as_array().unwrap().clone()
}
