//! The system starts at noon in Greenwich: 09:00 in São Paulo, 17:30 in Kolkata. An invoice that is
//! due on 14 February 2026 is spoken of on the 11th, a Wednesday, at 09:00.

use domain::dunning::Channel;
use platform::auth::Department;
use serde_json::json;

use super::wire::{about, borrower, set};
use crate::harness::{BRAZIL, INDIA, TestSystem};

const DATE: &str = "2026-02-11";

#[tokio::test(flavor = "multi_thread")]
async fn an_invoice_is_spoken_of_three_days_before_and_once() {
    let system = TestSystem::on("2026-02-10").await;
    let ana = borrower(&system, BRAZIL, "+5511987650001", 4).await;
    let later = borrower(&system, BRAZIL, "+5511987650002", 5).await;
    let paid = borrower(&system, BRAZIL, "+5511987650003", 4).await;
    let body = json!({ "loanId": paid.loan, "amount": "500.00", "method": "PIX" });
    let call = system.staff(BRAZIL, Department::Admin, "/payment/process").await;
    call.key("pay").post(&body).await.expect(201);

    // To 09:15 on the 11th.
    let summary = system.advance("24h15m").await;
    assert_eq!(summary.jobs["job-payment-reminders"], 2);
    let phones = system.whatsapp_messages().await;
    assert_eq!(phones.len(), 1, "{phones:?}");
    assert_eq!(
        phones[0]["text"],
        "Olá, Ana! Aqui é Aurora Crédito. Em 14/02/2026 vence a parcela de R$ 500,00 do seu \
         contrato. Se já pagou, desconsidere esta mensagem."
    );
    let messages = about(&system, BRAZIL, &ana.loan).await;
    assert_eq!(messages.len(), 1);
    assert_eq!((&messages[0]["kind"], &messages[0]["date"]), (&json!("REMINDER"), &json!(DATE)));
    let invoice = format!("inv_{}_1", ana.loan.trim_start_matches("loan_"));
    assert_eq!(messages[0]["invoiceId"], json!(invoice));
    assert!(about(&system, BRAZIL, &paid.loan).await.is_empty(), "it is paid");
    assert!(about(&system, BRAZIL, &later.loan).await.is_empty(), "it is due in four days");

    let brand = BRAZIL.id().unwrap();
    system.job("job-payment-reminders", brand, DATE.parse().unwrap()).await;
    system.advance("1h").await;
    assert_eq!(about(&system, BRAZIL, &ana.loan).await, messages, "a replay writes nothing");
    assert_eq!(system.whatsapp_messages().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_brand_chooses_email_and_a_dry_run_says_what_would_go() {
    let system = TestSystem::on("2026-02-10").await;
    let ana = borrower(&system, BRAZIL, "+5511987650001", 4).await;
    set(&system, BRAZIL, |dunning| {
        dunning.reminders.channel = Channel::Email;
        dunning.reminders.days_before = 4;
    })
    .await;
    let event = json!({ "brandId": BRAZIL.id().unwrap(), "dryRun": true });
    let dry = system.invoke("job-payment-reminders", event).await;
    assert_eq!(dry["count"], 1, "{dry}");
    let line = &dry["lines"][0];
    assert_eq!((&line["dueDate"], &line["amountDue"]), (&json!("2026-02-14"), &json!("500.00")));
    assert!(system.emails().await.is_empty());

    let brand = BRAZIL.id().unwrap();
    system.job("job-payment-reminders", brand, "2026-02-10".parse().unwrap()).await;
    system.drain().await;
    let emails = system.emails().await;
    assert_eq!(emails.len(), 1);
    assert_eq!(emails[0]["to"], "c5511987650001@example.test");
    assert_eq!(emails[0]["subject"], "Aurora Crédito");
    // "Aurora Crédito" in base64 of UTF-8.
    assert_eq!(emails[0]["from"], "=?UTF-8?B?QXVyb3JhIENyw6lkaXRv?= <no-reply@parcela.example>");
    assert!(emails[0]["text"].as_str().unwrap().contains("R$ 500,00"), "{emails:?}");
    let messages = about(&system, BRAZIL, &ana.loan).await;
    assert_eq!(
        (&messages[0]["channel"], &messages[0]["status"]),
        (&json!("EMAIL"), &json!("SENT"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_message_leaves_by_the_registered_text_only() {
    let system = TestSystem::on("2026-02-10").await;
    let asha = borrower(&system, INDIA, "+919900000001", 3).await;
    let ravi = borrower(&system, INDIA, "+919900000002", 4).await;
    set(&system, INDIA, |dunning| dunning.reminders.channel = Channel::Sms).await;
    let run = async |date: &str| {
        let brand = INDIA.id().unwrap();
        system.job("job-payment-reminders", brand, date.parse().unwrap()).await;
        system.drain().await;
    };
    run("2026-02-10").await;
    let message = &about(&system, INDIA, &asha.loan).await[0];
    assert_eq!(message["status"], "SUPPRESSED");
    assert_eq!(message["reason"]["code"], "NO_SMS_TEMPLATE");

    let text = "{amountDue} is due on {dueDate}, {name}. {brand}";
    let template = json!({ "kind": "BEFORE_DUE", "name": "Before", "text": text,
        "smsTemplateId": "65f0c0ffee" });
    let call = system.staff(INDIA, Department::Admin, "/communications/templates").await;
    let template = call.post(&template).await.expect(201);
    assert_eq!(template["preview"], "₹500.00 is due on 13-02-2026, Ana. Banyan Finance");
    // To 09:05 in Kolkata on the 11th.
    system.advance("15h35m").await;
    let texts = system.text_messages().await;
    assert_eq!(texts.len(), 1, "{texts:?}");
    assert_eq!(
        (&texts[0]["number"], &texts[0]["template"]),
        (&json!("919900000002"), &json!("65f0c0ffee"))
    );
    let values = json!({ "var1": "₹500.00", "var2": "14-02-2026", "var3": "Ana",
        "var4": "Banyan Finance" });
    assert_eq!(texts[0]["values"], values);
    assert_eq!(about(&system, INDIA, &ravi.loan).await[0]["status"], "SENT");
}
