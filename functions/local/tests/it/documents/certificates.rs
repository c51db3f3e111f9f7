//! The certificate that nothing is owed any more.

use platform::auth::Department;
use serde_json::{Value, json};

use super::{Case, assert_has};
use crate::harness::{BRAZIL, INDIA};

impl Case {
    async fn generate(&self, status: u16) -> Value {
        let path = format!("/loans/{}/generate-ndc", self.loan);
        let call = self.system.staff(BRAZIL, Department::Collections, &path).await;
        call.post(&Value::Null).await.expect(status)
    }

    /// The queue's message about the contract, delivered once more.
    async fn deliver(&self) {
        let body = json!({ "brandId": BRAZIL.id().unwrap(), "loanId": self.loan }).to_string();
        let event = json!({ "Records": [{ "messageId": "again", "body": body }] });
        let answer = self.system.invoke("worker-noc", event).await;
        assert_eq!(answer, json!({ "batchItemFailures": [] }));
        self.system.drain().await;
    }

    /// The messages on the phone that speak of a certificate.
    async fn told(&self) -> Vec<String> {
        self.system.advance("10m").await;
        let messages = self.system.whatsapp_messages().await;
        let texts = messages.iter().map(|message| message["text"].as_str().unwrap().to_owned());
        texts.filter(|text| text.contains("Termo de Quitação")).collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_cent_brings_the_certificate_and_one_message() {
    let case = Case::active().await;
    let owes = case.generate(409).await;
    assert_eq!(owes["message"], "1000.00 is owed on the loan");
    case.pay("most", "999.99").await;
    assert_eq!(case.generate(409).await["message"], "0.01 is owed on the loan");
    assert_eq!(case.told().await, [] as [&str; 0]);

    case.pay("rest", "0.01").await;
    let certificate = case.generate(200).await;
    assert_eq!(certificate["status"], "ISSUED");
    assert_eq!(certificate["closing"], "PAID");
    assert_eq!(
        (&certificate["endedOn"], &certificate["issuedOn"]),
        (&json!("2026-02-10"), &json!("2026-02-10"))
    );
    assert_eq!((&certificate["paid"], &certificate["waived"]), (&json!("1000.00"), &json!("0.00")));
    let number = certificate["number"].as_str().unwrap();
    let text = case.text(&certificate["file"]).await;
    assert_has(
        &text,
        &[
            "Termo de Quitação",
            &format!("Termo nº {number}, emitido em 10 de fevereiro de 2026."),
            "Aurora Sociedade de Crédito Direto S.A. declara, para todos os fins, que Ana Exemplo \
             & Cia., CPF *******8909 nada mais deve em razão do contrato FX-17.",
            "pago integralmente em 10 de fevereiro de 2026",
            "Valor do empréstimo R$ 1.000,00",
            "Total pago R$ 1.000,00",
            "Saldo devedor R$ 0,00",
        ],
    );
    assert!(!text.contains("12345678909") && !text.contains("123.456.789-09"), "{text}");
    let told = case.told().await;
    let [message] = told.as_slice() else { panic!("{told:?}") };
    for part in ["Olá, Ana!", "quitado em 10/02/2026", number] {
        assert!(message.contains(part), "{part} is not in {message}");
    }

    // The message comes again, and somebody asks again: the same certificate, told of once.
    case.deliver().await;
    case.deliver().await;
    let mut again = case.generate(200).await;
    for field in ["url", "urlExpiresAt"] {
        again["file"][field] = certificate["file"][field].clone();
    }
    assert_eq!(again, certificate);
    assert_eq!(case.told().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_taken_back_withdraws_it_and_another_follows() {
    let case = Case::active().await;
    let paid = case.pay("all", "1000.00").await;
    let first = case.generate(200).await;
    let path = format!("/payment/{}/refund", paid["id"].as_str().unwrap());
    let refund = json!({ "kind": "CHARGEBACK", "reason": "invented" });
    case.post(Department::LoanManagement, &path, "back", refund).await;
    case.system.drain().await;
    assert_eq!(case.generate(409).await["message"], "1000.00 is owed on the loan");

    case.pay("again", "1000.00").await;
    let second = case.generate(200).await;
    assert_ne!(second["number"], first["number"]);
    assert_eq!(case.told().await.len(), 2);
    let audit = case.system.staff(BRAZIL, Department::Admin, "/audit-logs?limit=100").await;
    let audit = audit.get().await.expect(200);
    let mut actions: Vec<&str> = audit["items"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|record| record["action"].as_str())
        .filter(|action| action.starts_with("certificates:"))
        .collect();
    actions.sort_unstable();
    assert_eq!(actions, ["certificates:issue", "certificates:issue", "certificates:withdraw"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_settlement_says_that_the_rest_was_waived() {
    let case = Case::active().await;
    let path = format!("/collection/{}/settlement", case.loan);
    let offer = json!({ "amount": "400.00", "until": "2026-02-20", "reason": "invented" });
    case.post(Department::RenegotiationAnalyst, &path, "offer", offer).await;
    case.pay("settled", "400.00").await;
    let certificate = case.generate(200).await;
    assert_eq!(
        (&certificate["closing"], &certificate["waived"]),
        (&json!("SETTLED"), &json!("600.00"))
    );
    let text = case.text(&certificate["file"]).await;
    assert_has(
        &text,
        &["encerrado em 10 de fevereiro de 2026 por acordo", "Valor dispensado R$ 600,00"],
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn another_brands_contract_is_not_there() {
    let case = Case::active().await;
    case.pay("all", "1000.00").await;
    for path in ["generate-ndc", "agreement"] {
        let path = format!("/loans/{}/{path}", case.loan);
        let call = case.system.staff(INDIA, Department::Admin, &path).await;
        call.post(&Value::Null).await.expect(404);
    }
    for path in ["agreement", "schedule.pdf"] {
        let path = format!("/loans/{}/{path}", case.loan);
        case.system.staff(INDIA, Department::Admin, &path).await.get().await.expect(404);
    }
}
