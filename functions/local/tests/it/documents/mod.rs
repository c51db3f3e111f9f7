//! Documents over the wire: from the change that brings one about to the text on its pages.

mod agreements;
mod certificates;

use platform::auth::Department;
use reqwest::header::HeaderValue;
use serde_json::{Value, json};

use crate::harness::{BRAZIL, TestSystem};

/// A loan of 1,000.00 in two installments of 500.00 without interest, and a fee of 30.00 with signs
/// in its name that mean something to a typesetter.
struct Case {
    system: TestSystem,
    loan: String,
}

const PDF: HeaderValue = HeaderValue::from_static("application/pdf");
const FEE: &str = "taxa #1 *nova* $x$ \\ [b]";

impl Case {
    /// Asked for and approved on 10 February 2026, a Tuesday.
    async fn approved() -> Self {
        let system = TestSystem::on("2026-02-10").await;
        let managers = Department::LoanManagement;
        let customer = json!({
            "name": "Ana Exemplo & Cia.", "phone": "+5511900004321", "cpf": "123.456.789-09",
        });
        let customer = system.staff(BRAZIL, managers, "/customers").await.post(&customer).await;
        let request = json!({
            "customerId": customer.expect(201)["id"],
            "reference": "FX-17",
            "terms": {
                "principal": "1000.00", "method": "FLAT", "annualRate": "0", "installments": 2,
                "frequency": { "every": 1, "unit": "MONTH" },
                "fees": [
                    { "name": FEE, "amount": "30.00", "paidTo": "LENDER", "financed": false },
                ],
            },
        });
        let asked = system.staff(BRAZIL, managers, "/loans").await.post(&request).await.expect(201);
        let case = Self { loan: asked["id"].as_str().unwrap().to_owned(), system };
        case.decide(Department::Credit, "APPROVE").await;
        case
    }

    async fn active() -> Self {
        let case = Self::approved().await;
        case.decide(Department::LoanManagement, "ACTIVATE").await;
        case
    }

    async fn decide(&self, who: Department, action: &str) {
        let path = format!("/loans/{}/status", self.loan);
        let call = self.system.staff(BRAZIL, who, &path).await.key(action);
        call.post(&json!({ "action": action })).await.expect(200);
    }

    async fn post(&self, who: Department, path: &str, key: &str, body: Value) -> Value {
        let answer = self.system.staff(BRAZIL, who, path).await.key(key).post(&body).await;
        assert!((200..300).contains(&answer.status), "{path}: {}", answer.body);
        answer.body
    }

    async fn pay(&self, key: &str, amount: &str) -> Value {
        let body = json!({ "loanId": self.loan, "amount": amount, "method": "PIX" });
        let payment = self.post(Department::Collections, "/payment/process", key, body).await;
        self.system.drain().await;
        payment
    }

    /// The text of a file behind a link, without white space.
    async fn text(&self, file: &Value) -> String {
        let answer = self.system.link(file["url"].as_str().unwrap()).get().await;
        assert_eq!((answer.status, &answer.headers["content-type"]), (200, &PDF));
        assert_eq!(u64::try_from(answer.bytes.len()).unwrap(), file["bytes"]);
        text_of(&answer.bytes)
    }
}

/// What stands on the pages; where a reader of glyphs sees white space is a guess.
fn text_of(pdf: &[u8]) -> String {
    squeezed(&pdf_extract::extract_text_from_mem(pdf).unwrap())
}

fn squeezed(text: &str) -> String {
    text.split_whitespace().collect()
}

#[track_caller]
fn assert_has(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(&squeezed(part)), "{part:?} is not in: {text}");
    }
}
