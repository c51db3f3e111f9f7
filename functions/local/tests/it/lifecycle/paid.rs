use platform::auth::Department;
use serde_json::{Value, json};

use crate::harness::{BRAZIL, TestSystem};

/// A contract of 1,500.00 in three installments of 500.00 without interest, due on 10 March, 10
/// April and 10 May 2026; late fee 2 %, mora 1 % a month.
pub(super) struct Contract {
    pub system: TestSystem,
    pub loan: String,
}

impl Contract {
    /// Asked for, approved and activated on 10 February, by those who may.
    pub async fn activated() -> Self {
        let system = TestSystem::on("2026-02-10").await;
        let customer = json!({ "name": "Ana Exemplo", "phone": "+5511900004321" });
        let managers = Department::LoanManagement;
        let path = "/customers";
        let customer = system.staff(BRAZIL, managers, path).await.post(&customer).await.expect(201);
        let request = json!({
            "customerId": customer["id"],
            "terms": {
                "principal": "1500.00", "method": "FLAT", "annualRate": "0", "installments": 3,
                "frequency": { "every": 1, "unit": "MONTH" },
            },
        });
        let asked = system.staff(BRAZIL, managers, "/loans").await.post(&request).await.expect(201);
        assert_eq!((&asked["status"], &asked["stage"]), (&json!("OPEN"), &json!("SUBMITTED")));
        let loan = asked["id"].as_str().unwrap().to_owned();
        let contract = Self { system, loan };

        // Who lends does not decide, and who decides does not lend.
        contract.decide(managers, "APPROVE", 403).await;
        contract.decide(managers, "ACTIVATE", 409).await;
        let approved = contract.decide(Department::Credit, "APPROVE", 200).await;
        assert_eq!(approved["status"], "APPROVED");
        contract.decide(Department::Credit, "ACTIVATE", 403).await;
        let active = contract.decide(managers, "ACTIVATE", 200).await;
        assert_eq!(active["status"], "ACTIVE");
        let dues: Vec<&Value> =
            active["invoices"].as_array().unwrap().iter().map(|i| &i["dueDate"]).collect();
        assert_eq!(dues, ["2026-03-10", "2026-04-10", "2026-05-10"]);
        contract
    }

    async fn decide(&self, who: Department, action: &str, status: u16) -> Value {
        let path = format!("/loans/{}/status", self.loan);
        let key = format!("{action}-{who}-{status}");
        let call = self.system.staff(BRAZIL, who, &path).await.key(&key);
        call.post(&json!({ "action": action })).await.expect(status)
    }

    /// Lets time pass until noon in São Paulo of a date.
    pub async fn until(&self, date: &str) {
        self.system.advance_to(format!("{date}T15:00:00Z").parse().unwrap()).await;
    }

    pub async fn get(&self, path: &str) -> Value {
        self.system.staff(BRAZIL, Department::Collections, path).await.get().await.expect(200)
    }

    pub async fn read(&self) -> Value {
        self.get(&format!("/loans/{}", self.loan)).await
    }

    /// Status, late fee, mora and total owed of an invoice today.
    async fn invoice(&self, number: usize) -> [String; 4] {
        let loan = self.read().await;
        let invoice = &loan["invoices"][number - 1];
        let owed = &invoice["owed"];
        [&invoice["status"], &owed["lateFee"], &owed["mora"], &owed["total"]]
            .map(|field| field.as_str().unwrap().to_owned())
    }

    pub async fn pay(&self, key: &str, amount: &str) -> Value {
        let body = json!({ "loanId": self.loan, "amount": amount, "method": "PIX" });
        let path = "/payment/process";
        let call = self.system.staff(BRAZIL, Department::Collections, path).await.key(key);
        call.post(&body).await.expect(201)
    }

    /// The texts that the borrower has read so far.
    async fn texts(&self) -> Vec<String> {
        let messages = self.system.whatsapp_messages().await;
        assert!(messages.iter().all(|message| message["status"] == "READ"), "{messages:?}");
        messages.iter().map(|message| message["text"].as_str().unwrap().to_owned()).collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contract_that_is_paid_late_and_in_full() {
    let contract = Contract::activated().await;

    // The due date: the borrower is told, nothing is charged.
    contract.until("2026-03-10").await;
    assert_eq!(contract.invoice(1).await, ["PENDING", "0.00", "0.00", "500.00"]);
    let texts = contract.texts().await;
    assert_eq!(texts.len(), 1);
    assert!(texts[0].contains("Ana") && texts[0].contains("R$ 500,00"), "{}", texts[0]);

    // Fee 500.00 × 2 % = 10.00, once. Mora 500.00 × 1 % / 30 × days: 0.1667, 1.6667.
    contract.until("2026-03-11").await;
    assert_eq!(contract.invoice(1).await, ["UNPAID", "10.00", "0.17", "510.17"]);
    let texts = contract.texts().await;
    assert_eq!(texts.len(), 2);
    assert!(texts[1].contains("R$ 510,17"), "{}", texts[1]);
    contract.until("2026-03-20").await;
    assert_eq!(contract.invoice(1).await, ["UNPAID", "10.00", "1.67", "511.67"]);
    let stats = contract.get("/dashboard/stats").await;
    assert_eq!(
        (&stats["overdue"]["loans"], &stats["overdue"]["value"]),
        (&json!(1), &json!("500.00"))
    );
    assert_eq!(stats["outstanding"]["total"], "1511.67");
    // One a day: Tuesday the 10th and Wednesday the 11th, then the 12th, 13th and 16th to 20th.
    assert_eq!(contract.texts().await.len(), 9);

    // 200.00: the fee, the mora, and 200.00 − 10.00 − 1.67 = 188.33 of the principal.
    let paid = contract.pay("part", "200.00").await;
    assert_eq!(paid["allocations"][0]["paid"]["principal"], "188.33");
    assert_eq!(contract.invoice(1).await, ["UNPAID", "0.00", "0.00", "311.67"]);
    // The same intent again is the same payment.
    assert_eq!(contract.pay("part", "200.00").await, paid);

    // Mora goes on over what is left: 311.67 × 1 % / 30 × 20 = 2.0778.
    contract.until("2026-04-09").await;
    assert_eq!(contract.invoice(1).await, ["UNPAID", "0.00", "2.08", "313.75"]);
    // The second is overdue since yesterday; the first: 311.67 × 1 % / 30 × 22 = 2.2856.
    contract.until("2026-04-11").await;
    assert_eq!(contract.invoice(1).await, ["UNPAID", "0.00", "2.29", "313.96"]);
    assert_eq!(contract.invoice(2).await, ["UNPAID", "10.00", "0.17", "510.17"]);
    let both = contract.pay("both", "824.13").await;
    assert_eq!(both["allocations"].as_array().unwrap().len(), 2);
    assert!(both["allocations"].as_array().unwrap().iter().all(|part| part["closed"] == true));

    // The last on its day: nothing is charged, and the contract is closed.
    contract.until("2026-05-10").await;
    let last = contract.pay("last", "500.00").await;
    assert_eq!((&last["credited"], &last["loanStage"]), (&json!("0.00"), &json!("COMPLETED")));
    let loan = contract.read().await;
    assert_eq!(loan["status"], "PAID");
    // 3 × 500.00, two fees of 10.00, mora 1.67 + 2.29 + 0.17 = 4.13.
    assert_eq!(loan["totalValuePaid"], "1524.13");
    assert_eq!(loan["owed"]["total"], "0.00");
    assert_adds_up(&contract).await;

    // The borrower is told of the certificate, and of nothing else any more.
    let is_certificate = |text: &&String| text.contains("Termo de Quitação");
    let written = contract.texts().await.iter().filter(|text| !is_certificate(text)).count();
    contract.until("2026-05-20").await;
    let texts = contract.texts().await;
    let told = texts.iter().filter(is_certificate).count();
    assert_eq!((told, texts.len() - told), (1, written));
}

/// Journal, invoices and the brand's figures agree; nothing is receivable.
async fn assert_adds_up(contract: &Contract) {
    let journal = contract.get(&format!("/loans/{}/journal", contract.loan)).await;
    assert_eq!(journal["accrued"], json!([]));
    let totals = journal["totals"].as_object().unwrap();
    assert!(totals.keys().all(|account| !account.ends_with("RECEIVABLE")), "{totals:?}");
    // Lent 1,500.00 and received 1,524.13; earned 20.00 of fees and 4.13 of mora.
    let account = |name: &str| totals.get(name).and_then(Value::as_str);
    assert_eq!(account("CASH"), Some("24.13"));
    assert_eq!(account("LATE_FEE_INCOME"), Some("-20.00"));
    assert_eq!(account("MORA_INCOME"), Some("-4.13"));
    let stats = contract.get("/dashboard/stats").await;
    assert_eq!((&stats["loans"]["active"], &stats["loans"]["paid"]), (&json!(0), &json!(1)));
    assert_eq!(stats["received"], "1524.13");
    let brand = contract.system.brand(BRAZIL).await.id;
    let report = contract.system.invoke("job-rebuild", json!({ "brandId": brand })).await;
    assert_eq!(report["drift"], 0, "{report}");
}
