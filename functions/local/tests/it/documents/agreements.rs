//! The contract and its schedule.

use platform::auth::Department;
use serde_json::{Value, json};

use super::{Case, FEE, PDF, assert_has, text_of};
use crate::harness::BRAZIL;

impl Case {
    async fn agree(&self, status: u16) -> Value {
        let path = format!("/loans/{}/agreement", self.loan);
        let call = self.system.staff(BRAZIL, Department::Credit, &path).await;
        call.post(&Value::Null).await.expect(status)
    }

    async fn agreement(&self, status: u16) -> Value {
        let path = format!("/loans/{}/agreement", self.loan);
        self.system.staff(BRAZIL, Department::Credit, &path).await.get().await.expect(status)
    }

    async fn schedule(&self) -> String {
        let path = format!("/loans/{}/schedule.pdf", self.loan);
        let answer = self.system.staff(BRAZIL, Department::Collections, &path).await.get().await;
        assert_eq!((answer.status, &answer.headers["content-type"]), (200, &PDF));
        text_of(&answer.bytes)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agreement_is_made_once_for_its_terms() {
    let case = Case::approved().await;
    case.agreement(404).await;
    let made = case.agree(201).await;
    assert_eq!(made["isCurrent"], true);
    let text = case.text(&made["file"]).await;
    assert_has(
        &text,
        &[
            "Contrato de Empréstimo",
            "Cliente: Ana Exemplo & Cia., CPF 123.456.789-09.",
            "Contrato FX-17",
            "2 mensais de R$ 500,00",
            // 1,000.00 less the fee of 30.00.
            "Valor líquido liberado ao cliente R$ 970,00 97,00%",
            &format!("Tarifa: {FEE} R$ 30,00 3,00%"),
            "Custo Efetivo Total (CET)",
            "multa de 2%",
            "1 10/03/2026 R$ 500,00 R$ 0,00 R$ 500,00 R$ 500,00",
            "2 10/04/2026 R$ 500,00 R$ 0,00 R$ 500,00 R$ 0,00",
            "Total R$ 1.000,00 R$ 0,00 R$ 1.000,00",
        ],
    );
    let again = case.agree(200).await;
    assert_eq!(again["file"]["sha256"], made["file"]["sha256"]);
    assert_eq!(case.agreement(200).await["madeAt"], made["madeAt"]);

    // Another first due date: the agreement is of terms that are no more, until it is made anew.
    let body = json!({
        "reason": "invented",
        "terms": {
            "principal": "1000.00", "method": "FLAT", "annualRate": "0", "installments": 2,
            "frequency": { "every": 1, "unit": "MONTH" }, "firstDueDate": "2026-03-20",
            "fees": [{ "name": FEE, "amount": "30.00", "paidTo": "LENDER", "financed": false }],
        },
    });
    let path = format!("/loans/{}/update-with-reasons", case.loan);
    case.post(Department::LoanManagement, &path, "dates", body).await;
    assert_eq!(case.agreement(200).await["isCurrent"], false);
    let newer = case.agree(201).await;
    assert_eq!(newer["isCurrent"], true);
    assert_has(&case.text(&newer["file"]).await, &["1 20/03/2026 R$ 500,00"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schedule_sums_to_the_contract_before_and_after_it_begins() {
    let case = Case::approved().await;
    let rows = [
        "1 10/03/2026 R$ 500,00 R$ 0,00 R$ 500,00 R$ 500,00",
        "2 10/04/2026 R$ 500,00 R$ 0,00 R$ 500,00 R$ 0,00",
        "Total R$ 1.000,00 R$ 0,00 R$ 1.000,00",
        "Contrato FX-17",
    ];
    let asked = case.schedule().await;
    assert_has(&asked, &rows);
    case.decide(Department::LoanManagement, "ACTIVATE").await;
    let active = case.schedule().await;
    assert_has(&active, &rows);
    assert_has(&active, &["Data da liberação 10 de fevereiro de 2026"]);
    // What was paid does not change what was agreed.
    case.pay("some", "100.00").await;
    assert_eq!(case.schedule().await, active);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_and_a_contract_that_is_over_have_no_agreement() {
    let case = Case::active().await;
    case.pay("all", "1000.00").await;
    let refused = case.agree(409).await;
    assert!(refused["message"].as_str().unwrap().contains("PAID"), "{refused}");
}
