//! Customers and their loans, by the routes that staff use.

use local::seed::DemoBrand;
use platform::auth::Department;
use serde_json::{Value, json};

use super::TestSystem;

impl TestSystem {
    /// As the brand's administrator: `GET` below the brand's path.
    pub async fn see(&self, demo: &DemoBrand, path: &str) -> Value {
        self.staff(demo, Department::Admin, path).await.get().await.expect(200)
    }

    /// As the brand's administrator: `POST` below the brand's path.
    pub async fn ask(&self, demo: &DemoBrand, path: &str, body: &Value) -> super::Answer {
        self.staff(demo, Department::Admin, path).await.post(body).await
    }

    /// Creates a customer; answers the id.
    pub async fn create_customer(&self, demo: &DemoBrand, body: &Value) -> String {
        let created = self.ask(demo, "/customers", body).await.expect(201);
        created["id"].as_str().unwrap().to_owned()
    }

    /// Requests, approves and activates a loan without interest, in one installment a month from
    /// today; answers the id.
    pub async fn lend_to(&self, demo: &DemoBrand, customer: &str, principal: &str) -> String {
        let terms = json!({ "principal": principal, "method": "PRICE", "annualRate": "0",
            "installments": 1, "frequency": { "every": 1, "unit": "MONTH" } });
        let request = json!({ "customerId": customer, "terms": terms });
        let loan = self.ask(demo, "/loans", &request).await.expect(201);
        let id = loan["id"].as_str().unwrap().to_owned();
        self.activate(demo, &id).await;
        id
    }

    /// Approves and activates a requested loan.
    pub async fn activate(&self, demo: &DemoBrand, loan: &str) {
        for action in ["APPROVE", "ACTIVATE"] {
            let path = format!("/loans/{loan}/status");
            let call = self.staff(demo, Department::Admin, &path).await;
            call.key(&format!("{loan}-{action}"))
                .post(&json!({ "action": action }))
                .await
                .expect(200);
        }
    }

    /// Pays a sum on a loan today.
    pub async fn pay(&self, demo: &DemoBrand, loan: &str, amount: &str) {
        let body = json!({ "loanId": loan, "amount": amount, "method": "CASH" });
        let call = self.staff(demo, Department::Admin, "/payment/process").await;
        call.key(&format!("{loan}-{amount}")).post(&body).await.expect(201);
    }

    /// What `job-rebuild` says of a brand: every figure from its journals.
    pub async fn rebuild(&self, demo: &DemoBrand) -> Value {
        let event = json!({ "brandId": demo.id().unwrap(), "startedBy": "test" });
        self.invoke("job-rebuild", event).await
    }
}
