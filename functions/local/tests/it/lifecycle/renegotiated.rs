use platform::auth::Department;
use serde_json::{Value, json};

use crate::harness::{BRAZIL, TestSystem};

/// One loan and what is done to it, by the people whose work it is.
struct Life {
    system: TestSystem,
}

impl Life {
    async fn post(&self, by: Department, path: &str, key: &str, body: Value) -> Value {
        let call = self.system.staff(BRAZIL, by, path).await.key(key);
        let answer = call.post(&body).await;
        assert!((200..300).contains(&answer.status), "{path}: {}", answer.body);
        answer.body
    }

    async fn get(&self, path: &str) -> Value {
        self.system.staff(BRAZIL, Department::Admin, path).await.get().await.expect(200)
    }

    /// Lets the nights pass up to noon in Greenwich of a date: 09:00 in São Paulo.
    async fn until(&self, date: &str) {
        let noon = format!("{date}T12:00:00Z").parse().unwrap();
        let summary = self.system.advance_to(noon).await;
        assert_eq!(summary.dead_letters, 0);
    }

    /// What is owed on the loan: late fee, mora, interest, principal, total.
    async fn owed(&self, loan: &str) -> [String; 5] {
        let owed = self.get(&format!("/loans/{loan}")).await["owed"].clone();
        ["lateFee", "mora", "interest", "principal", "total"]
            .map(|part| owed[part].as_str().unwrap().to_owned())
    }

    /// The brand's dashboard, which the nights keep.
    async fn stats(&self) -> Value {
        self.get("/dashboard/stats").await
    }

    /// No loan differs from its journal, no shard from its loans.
    async fn assert_no_drift(&self) {
        let brand = self.system.brand(BRAZIL).await;
        let report = jobs::rebuild::check(self.system.system().deps(), &brand).await.unwrap();
        assert_eq!((report.drift, report.differences), (0, vec![]));
    }
}

/// Aurora charges 2 % late fee and 1 % mora a month. 1,200.00 in three of 400.00 without interest,
/// lent on 15 January 2026, due on 15 February (a Sunday; Aurora's due dates do not move), 15 March
/// and 15 April.
#[tokio::test(flavor = "multi_thread")]
async fn request_to_payoff_through_a_renegotiation() {
    let life = Life { system: TestSystem::on("2026-02-14").await };
    let loan = lend(&life).await;

    // On the due date nothing is overdue. The day after, a Monday, the night has charged the first
    // invoice: 400.00 × 2 % = 8.00; mora 400.00 × 1 % / 30 × 1 = 0.1333 → 0.13.
    life.until("2026-02-15").await;
    assert_eq!(life.owed(&loan).await, ["0.00", "0.00", "0.00", "1200.00", "1200.00"]);
    life.until("2026-02-16").await;
    assert_eq!(life.owed(&loan).await, ["8.00", "0.13", "0.00", "1200.00", "1208.13"]);
    let invoice = life.get(&format!("/invoices/{}", invoice(&loan, 1))).await;
    assert_eq!((&invoice["status"], &invoice["daysOverdue"]), (&json!("UNPAID"), &json!(1)));

    // The message of that morning says what was owed.
    let messages = life.system.whatsapp_messages().await;
    let texts: Vec<_> = messages.iter().map(|message| message["text"].as_str().unwrap()).collect();
    assert!(texts.iter().any(|text| text.contains("R$ 408,13")), "{texts:?}");

    // 18 February, 3 days: mora 400.00 × 1 % / 30 × 3 = 0.40. 5.00 pay a part of the late fee; the
    // mora so far is closed at that day.
    life.until("2026-02-18").await;
    assert_eq!(life.owed(&loan).await, ["8.00", "0.40", "0.00", "1200.00", "1208.40"]);
    let paid = pay(&life, &loan, "part", "5.00", false).await;
    assert_eq!(split(&paid["allocations"][0]["paid"]), ["5.00", "0.00", "0.00", "0.00"]);

    // 19 February: 0.40 + 400.00 × 1 % / 30 × 1 = 0.40 + 0.13 = 0.53. The night has moved the
    // dashboard to the day.
    life.until("2026-02-19").await;
    assert_eq!(life.owed(&loan).await, ["3.00", "0.53", "0.00", "1200.00", "1203.53"]);
    assert_eq!(life.stats().await["outstanding"]["total"], "1203.53");
    let new = renegotiate(&life, &loan).await;

    // 23 February, 3 days after the first new due date: late fee 250.00 × 2 % = 5.00 (not 5.10), mora
    // 250.00 × 1 % / 30 × 3 = 0.25 (not 0.26).
    life.until("2026-02-23").await;
    let owed = life.owed(&new).await;
    assert_eq!((owed[0].as_str(), owed[1].as_str(), owed[4].as_str()), ("5.00", "0.25", "1025.25"));
    life.assert_no_drift().await;

    payoff(&life, &loan, &new).await;
}

/// The late fee's 3.00 and half of the mora, 0.265 → 0.27, are given up; 200.26 are paid down and
/// 20.00 taken off: 1,203.53 − 3.27 − 200.26 − 20.00 = 980.00, in 4 × 255.00. The down payment pays
/// the other 0.26 of mora and 200.00 of the first invoice: 200.00 + 400.00 + 400.00 = 1,000.00 are left of the
/// root's value, 250.00 for each of the four.
async fn renegotiate(life: &Life, loan: &str) -> String {
    let terms = json!({"method": "FIXED_INSTALLMENT", "installmentAmount": "255.00",
        "installments": 4, "frequency": {"every": 1, "unit": "MONTH"},
        "firstDueDate": "2026-02-20"});
    let offer = json!({"terms": terms, "waiveLateFeePercent": "100", "waiveMoraPercent": "50",
        "downPayment": "200.26", "downPaymentMethod": "PIX", "discount": "20.00"});
    let analyst = Department::RenegotiationAnalyst;
    let simulation = json!({"loanId": loan, "offers": [offer]});
    let simulated = life.post(analyst, "/renegotiations/simulate", "-", simulation).await;
    let proposal = json!({"loanId": loan, "offer": offer, "reason": "lost her job"});
    let proposed = life.post(analyst, "/renegotiations", "propose", proposal).await;
    let figures = &proposed["figures"];
    assert_eq!(*figures, simulated["offers"][0]["figures"]);
    for (figure, value) in [
        ("waivedLateFee", "3.00"),
        ("waivedMora", "0.27"),
        ("principal", "980.00"),
        ("interest", "40.00"),
        ("totalCost", "1220.26"),
        ("moraBase", "1000.00"),
        ("firstDueDate", "2026-02-20"),
    ] {
        assert_eq!(figures[figure], value, "{figure}");
    }
    let path = format!("/renegotiations/{}/approve", proposed["id"].as_str().unwrap());
    let approved = life.post(Department::Admin, &path, "approve", json!(null)).await;
    let old = life.get(&format!("/loans/{loan}")).await;
    assert_eq!((&old["status"], &old["owed"]["total"]), (&json!("RENEGOTIATED"), &json!("0.00")));
    // 5.00 + 200.26.
    assert_eq!(old["totalValuePaid"], "205.26");
    let down = life.get(&format!("/payment/{}", approved["downPaymentId"].as_str().unwrap())).await;
    assert_eq!(split(&down["allocations"][0]["paid"]), ["0.00", "0.26", "0.00", "200.00"]);
    let new = approved["newLoanId"].as_str().unwrap().to_owned();
    let view = life.get(&format!("/loans/{new}")).await;
    assert_eq!((&view["status"], &view["owed"]["total"]), (&json!("ACTIVE"), &json!("1020.00")));
    for invoice in view["invoices"].as_array().unwrap() {
        assert_eq!(invoice["accrualBase"], "250.00");
    }
    new
}

/// 4 × 255.00 for 980.00, the first period of one day of 30, imply 2.6717 % a month: interest 0.87,
/// 19.39 of 725.87, 13.10 of 490.26, and 6.64, what is left of the 40.00.
///
/// On 23 February, of the second invoice's interest 19.39 × 3 / 28 = 2.08 are earned; its other
/// 17.31, the third's 13.10 and the fourth's 6.64 are not charged: 1,025.25 − 37.05 = 988.20.
async fn payoff(life: &Life, old: &str, new: &str) {
    let quote = life.get(&format!("/collection/{new}/payoff-quote")).await;
    assert_eq!(
        (&quote["owed"]["total"], &quote["unearnedInterest"], &quote["payable"]),
        (&json!("1025.25"), &json!("37.05"), &json!("988.20"))
    );
    let paid = pay(life, new, "payoff", "988.20", true).await;
    assert_eq!((&paid["loanStage"], &paid["credited"]), (&json!("COMPLETED"), &json!("0.00")));
    let view = life.get(&format!("/loans/{new}")).await;
    assert_eq!((&view["status"], &view["owed"]["total"]), (&json!("PAID"), &json!("0.00")));
    assert_eq!((&view["rootLoanId"], &view["renegotiatedFrom"]), (&json!(old), &json!(old)));

    // The nights after change nothing. The borrower is told of the certificate of the new contract
    // (the old one goes on in it), and of nothing else any more.
    let sent = messages(life).await;
    life.until("2026-02-25").await;
    assert_eq!(messages(life).await, (1, sent.1));
    let stats = life.stats().await;
    // 205.26 on the old loan, 988.20 on the new one.
    assert_eq!(stats["received"], "1193.46");
    assert_eq!(stats["outstanding"]["total"], "0.00");
    assert_eq!((&stats["loans"]["paid"], &stats["loans"]["renegotiated"]), (&json!(1), &json!(1)));
    life.assert_no_drift().await;
}

/// Messages that tell of a certificate, and others.
async fn messages(life: &Life) -> (usize, usize) {
    let messages = life.system.whatsapp_messages().await;
    let is_certificate =
        |message: &&Value| message["text"].as_str().unwrap().contains("Termo de Quitação");
    let told = messages.iter().filter(is_certificate).count();
    (told, messages.len() - told)
}

/// Requested by the field's people, approved by credit, activated by loan management.
async fn lend(life: &Life) -> String {
    let customer = json!({"name": "Ana Exemplo", "phone": "+5511987650001"});
    let customer =
        life.post(Department::StreetSupervisor, "/customers", "customer", customer).await;
    let terms = json!({"principal": "1200.00", "method": "PRICE", "annualRate": "0",
        "installments": 3, "frequency": {"every": 1, "unit": "MONTH"},
        "disbursementDate": "2026-01-15"});
    let request = json!({"customerId": customer["id"], "terms": terms});
    let loan = life.post(Department::StreetSupervisor, "/loans", "request", request).await;
    let id = loan["id"].as_str().unwrap().to_owned();
    let path = format!("/loans/{id}/status");
    let approve = json!({"action": "APPROVE"});
    life.post(Department::Credit, &path, "approve", approve).await;
    let activate = json!({"action": "ACTIVATE", "disbursementDate": "2026-01-15"});
    let active = life.post(Department::LoanManagement, &path, "activate", activate).await;
    assert_eq!((&active["status"], &active["startDate"]), (&json!("ACTIVE"), &json!("2026-01-15")));
    id
}

async fn pay(life: &Life, loan: &str, key: &str, amount: &str, payoff: bool) -> Value {
    let body = json!({"loanId": loan, "amount": amount, "method": "PIX", "payoff": payoff});
    life.post(Department::Collections, "/payment/process", key, body).await
}

fn invoice(loan: &str, number: u16) -> String {
    format!("inv_{}_{number}", loan.trim_start_matches("loan_"))
}

fn split(paid: &Value) -> [&str; 4] {
    ["lateFee", "mora", "interest", "principal"].map(|part| paid[part].as_str().unwrap())
}
